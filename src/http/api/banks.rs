//! Question banks, and whole banks as files.

use super::{Page, attachment, page};
use crate::clock::rfc3339;
use crate::http::App;
use crate::http::error::{ApiError, FieldError, Problem};
use crate::http::extract::{Host, Ids, Json, Query};
use crate::quiz::bank::BankInput;
use crate::quiz::export::{BankFile, FileError};
use crate::quiz::text;
use crate::store::Bank;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Problems of a file that are named in an error; the others only count.
const PROBLEMS_NAMED: usize = 100;

pub(super) fn routes(upload_bytes_max: usize) -> OpenApiRouter<App> {
    let files = OpenApiRouter::new().routes(routes!(import_bank_file)).layer(DefaultBodyLimit::max(upload_bytes_max));
    OpenApiRouter::new()
        .routes(routes!(list_banks, create_bank))
        .routes(routes!(show_bank, update_bank, delete_bank))
        .routes(routes!(restore_bank))
        .routes(routes!(export_bank))
        .merge(files)
}

/// A question bank.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct BankView {
    id: Uuid,
    owner_id: Uuid,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    question_count: usize,
    created_at: String,
    /// When the bank or one of its questions last changed.
    updated_at: String,
}

/// What a bank or quiz is called.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(super) struct NameBody {
    /// One line of 1 to 120 characters.
    #[serde(default)]
    pub(super) name: String,
    /// At most 1,000 characters.
    #[serde(default)]
    pub(super) description: Option<String>,
}

/// What a list is searched for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct Find {
    /// Words that the name holds, in any case and with or without accents.
    pub(super) q: String,
}

/// My banks, newest first
#[utoipa::path(get, path = "/banks", tag = "banks", params(Find, Page),
    responses((status = 200, body = Vec<BankView>), (status = 401, body = Problem)))]
async fn list_banks(
    State(app): State<App>,
    host: Host,
    Query(find): Query<Find>,
    Query(asked): Query<Page>,
) -> Result<Response, ApiError> {
    let limit = asked.limit();
    let banks = app.store.banks(host.account_id(), &find.q, asked.cursor, limit + 1).await?;
    Ok(page(banks.into_iter().map(BankView::from).collect(), limit, |bank| bank.id))
}

/// Make a bank
#[utoipa::path(post, path = "/banks", tag = "banks", request_body = NameBody,
    responses((status = 201, body = BankView), (status = 401, body = Problem), (status = 422, body = Problem)))]
async fn create_bank(
    State(app): State<App>,
    host: Host,
    Json(body): Json<NameBody>,
) -> Result<(StatusCode, Json<BankView>), ApiError> {
    let words = body.bank()?;
    let bank = app.store.create_bank(host.account_id(), app.ids.uuid(), &words, app.clock.now_ms()).await?;
    Ok((StatusCode::CREATED, Json(bank.into())))
}

/// One of my banks
#[utoipa::path(get, path = "/banks/{id}", tag = "banks", params(("id" = Uuid, Path)),
    responses((status = 200, body = BankView), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn show_bank(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Json<BankView>, ApiError> {
    let bank = app.store.bank(host.account_id(), id).await?;
    bank.map(|bank| Json(bank.into())).ok_or_else(ApiError::not_found)
}

/// Rename a bank
#[utoipa::path(put, path = "/banks/{id}", tag = "banks", params(("id" = Uuid, Path)), request_body = NameBody,
    responses((status = 200, body = BankView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn update_bank(
    State(app): State<App>,
    host: Host,
    Ids(id): Ids<Uuid>,
    Json(body): Json<NameBody>,
) -> Result<Json<BankView>, ApiError> {
    let words = body.bank()?;
    let bank = app.store.update_bank(host.account_id(), id, &words, app.clock.now_ms()).await?;
    bank.map(|bank| Json(bank.into())).ok_or_else(ApiError::not_found)
}

/// Delete a bank; it can be restored
#[utoipa::path(delete, path = "/banks/{id}", tag = "banks", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn delete_bank(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<StatusCode, ApiError> {
    let deleted = app.store.delete_bank(host.account_id(), id, app.clock.now_ms()).await?;
    deleted.then_some(StatusCode::NO_CONTENT).ok_or_else(ApiError::not_found)
}

/// Bring a deleted bank back
#[utoipa::path(post, path = "/banks/{id}/restore", tag = "banks", params(("id" = Uuid, Path)),
    responses((status = 200, body = BankView), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn restore_bank(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Json<BankView>, ApiError> {
    let bank = app.store.restore_bank(host.account_id(), id, app.clock.now_ms()).await?;
    bank.map(|bank| Json(bank.into())).ok_or_else(ApiError::not_found)
}

/// A bank as a file that can be imported again
#[utoipa::path(get, path = "/banks/{id}/export", tag = "banks", params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "application/json", body = Object, description = "A bank file"),
        (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn export_bank(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<Response, ApiError> {
    let owner = host.account_id();
    let file = app.store.bank_file(owner, id).await?.ok_or_else(ApiError::not_found)?;
    Ok(attachment("application/json", file.name.as_str(), "json", file.to_json()))
}

/// Make a bank from an exported file, all of it or nothing
///
/// The body is the file, at most as large as `GET /server` says.
#[utoipa::path(post, path = "/banks/import", tag = "banks",
    request_body(content = Object, content_type = "application/json", description = "A bank file"),
    responses((status = 201, body = BankView), (status = 401, body = Problem), (status = 413, body = Problem),
        (status = 422, body = Problem)))]
async fn import_bank_file(
    State(app): State<App>,
    host: Host,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<BankView>), ApiError> {
    let file = parsed(&app, received(&app, body)?, BankFile::parse).await?;
    let owner = host.account_id();
    let id = app.store.insert_bank_file(owner, &file, &app.ids, app.clock.now_ms()).await?;
    let bank = app.store.bank(owner, id).await?.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(bank.into())))
}

impl From<Bank> for BankView {
    fn from(bank: Bank) -> Self {
        Self {
            id: bank.id,
            owner_id: bank.owner,
            name: bank.name,
            description: bank.description,
            question_count: bank.question_count,
            created_at: rfc3339(bank.created_at),
            updated_at: rfc3339(bank.updated_at),
        }
    }
}

impl NameBody {
    fn bank(self) -> Result<crate::quiz::bank::BankDraft, ApiError> {
        BankInput { name: self.name, description: self.description }.check().map_err(invalid)
    }
}

/// The problems that a check found, by field.
pub(super) fn invalid(problems: Vec<text::Problem>) -> ApiError {
    super::fields(problems, |problem| {
        let message = problem.message();
        (problem.field, message)
    })
}

/// A body of any content type.
pub(super) fn received(app: &App, body: Result<Bytes, BytesRejection>) -> Result<Bytes, ApiError> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(app),
        status => ApiError::new(status, "bad_body", rejection.body_text()),
    })
}

/// A file has a limit.
pub(super) fn too_large(app: &App) -> ApiError {
    let most = app.upload_bytes_max / (1024 * 1024);
    let detail = format!("The file is larger than {most} MiB. Split it and import the parts.");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
}

/// Reads a file of ours beside the other requests.
pub(super) async fn parsed<T: Send + 'static>(
    app: &App,
    bytes: Bytes,
    parse: fn(&str) -> Result<T, FileError>,
) -> Result<T, ApiError> {
    app.imports
        .reading(&app.live, move || match std::str::from_utf8(&bytes) {
            Ok(text) => parse(text).map_err(|error| bad_file(&error)),
            Err(_) => Err(ApiError::invalid_field("file", "This is no file of Quibble's: it is not UTF-8.")),
        })
        .await?
}

/// Why a file of ours was refused, by field as far as it could be read.
pub(super) fn bad_file(error: &FileError) -> ApiError {
    let named = error.problems().iter().take(PROBLEMS_NAMED);
    let mut errors: Vec<_> =
        named.map(|problem| FieldError { field: problem.field.clone(), message: problem.message() }).collect();
    if errors.is_empty() {
        errors.push(FieldError { field: "file".to_owned(), message: error.to_string() });
    }
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", error.to_string()).with("errors", errors)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use serde_json::{Value, json};

    pub(in crate::http::api) async fn body(error: ApiError) -> Value {
        let bytes = axum::body::to_bytes(error.into_response().into_body(), 1 << 20).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_name_is_told_by_field() {
        let body =
            body(NameBody { name: " ".to_owned(), description: Some("x".repeat(1_001)) }.bank().unwrap_err()).await;
        assert_eq!(body["status"], 422);
        assert_eq!(body["errors"][0], json!({"field": "name", "message": "The name is empty."}));
        assert_eq!(body["errors"][1]["field"], "description");
    }

    #[tokio::test]
    async fn a_file_names_its_first_hundred_problems() {
        let questions = vec![json!({"type": "text", "prompt": "", "accepted_answers": ["x"]}); PROBLEMS_NAMED + 1];
        let file = json!({"format": "quibble.bank", "version": 1, "name": "Food", "questions": questions});
        let body = body(bad_file(&BankFile::parse(&file.to_string()).unwrap_err())).await;
        assert_eq!(body["errors"].as_array().unwrap().len(), PROBLEMS_NAMED);
        assert_eq!(body["errors"][7]["field"], "questions.7.prompt");
        assert!(body["detail"].as_str().unwrap().starts_with("The file has 101 problems"), "{body}");
    }

    #[tokio::test]
    async fn a_file_that_is_none_says_so() {
        let body = body(bad_file(&BankFile::parse("no").unwrap_err())).await;
        assert_eq!(
            (&body["status"], &body["code"], &body["errors"][0]["field"]),
            (&json!(422), &json!("invalid"), &json!("file"))
        );
    }

    #[test]
    fn a_bank_is_shown_as_it_is_stored() {
        let bank = Bank {
            id: Uuid::nil(),
            owner: Uuid::nil(),
            name: "Food".to_owned(),
            description: None,
            question_count: 0,
            created_at: 0,
            updated_at: 1,
        };
        let view = serde_json::to_value(BankView::from(bank)).unwrap();
        let nil = Uuid::nil();
        assert_eq!(
            view,
            json!({"id": nil, "owner_id": nil, "name": "Food", "question_count": 0,
            "created_at": "1970-01-01T00:00:00.000Z", "updated_at": "1970-01-01T00:00:00.001Z"})
        );
    }
}
