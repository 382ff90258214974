//! Questions from files into a bank: what would come of it, doing it with progress, and taking it back.

use super::banks::{bad_file, received, too_large};
use super::questions::{QuestionContent, bank_is_full};
use super::{Page, page};
use crate::clock::rfc3339;
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json, Query};
use crate::limits::IMPORT_FIXES_BYTES_MAX;
use crate::live::Live;
use crate::quiz::import::preview::shown;
use crate::quiz::import::{Asked, Fields, Fixes, Format, Mapping, Row, RowProblem, Sheet, Unreadable, read};
use crate::store::{
    IMPORT_CHUNK, Import, ImportEnded, ImportProblem, ImportState, NewImport, NewQuestion, Placed, StoreError,
};
use axum::body::Bytes;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use bytes::BytesMut;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Rows that a preview shows.
const PREVIEW_ROWS: usize = 20;

/// Files that are read at once; others wait. A file takes many times its size while it is read.
const READ_AT_ONCE: usize = 2;

/// What surrounds the parts of an upload: their headings, and the lines between them.
const PARTS_BYTES_MAX: usize = 64 * 1024;

/// Imports on one page of a list, because each comes with its problems.
const IMPORTS_PER_PAGE: u32 = 20;

/// What of this process is at work on imports.
///
/// Whether an import goes on is not kept here but in its row, so that a cancel holds whoever serves it.
#[derive(Clone, Debug)]
pub struct Running {
    reading: Arc<Semaphore>,
}

pub(super) fn routes(upload_bytes_max: usize) -> OpenApiRouter<App> {
    let files = OpenApiRouter::new()
        .routes(routes!(preview_import))
        .routes(routes!(list_imports, start_import))
        // The parts have limits of their own.
        .layer(DefaultBodyLimit::max(upload_bytes_max + IMPORT_FIXES_BYTES_MAX + PARTS_BYTES_MAX));
    OpenApiRouter::new()
        .routes(routes!(show_import))
        .routes(routes!(cancel_import))
        .routes(routes!(undo_import))
        .merge(files)
}

/// An import into a bank.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ImportView {
    id: Uuid,
    bank_id: Uuid,
    #[schema(value_type = ImportStateView)]
    state: &'static str,
    /// Questions of the file.
    total: usize,
    /// Questions of the file that were looked at so far.
    done: usize,
    /// Questions that were stored; 0 once it was cancelled or failed.
    imported: usize,
    /// The questions that were not stored.
    problems: Vec<ProblemView>,
    created_at: String,
}

/// Where an import stands. Cancelled and failed ones left nothing behind.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "tells the document what the strings are")]
enum ImportStateView {
    Cancelled,
    Done,
    Failed,
    Running,
    Undone,
}

/// A question of a file that cannot be stored.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ProblemView {
    /// The row as a spreadsheet shows it; the line or the place in other files.
    row: usize,
    /// Why, in sentences.
    reason: String,
    /// The beginning of the question.
    text: String,
}

/// What an import of a file would bring.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PreviewView {
    #[schema(value_type = FormatView)]
    format: Format,
    /// How the file's characters are stored, such as `utf-8`.
    encoding: String,
    /// The headings of a table.
    columns: Vec<String>,
    /// For a table: what was asked for, or else a guess; null when it must be told.
    #[schema(value_type = Option<MappingView>)]
    mapping: Option<Mapping>,
    /// The sheet of a workbook that was read; null for other files.
    sheet: Option<String>,
    /// The sheets of a workbook that can be asked for.
    sheets: Vec<String>,
    /// Questions of the file.
    total: usize,
    /// Questions that can be stored.
    importable: usize,
    /// The first of them.
    rows: Vec<RowView>,
    /// Those that can be stored because they were fixed.
    fixed: Vec<RowView>,
    /// All that cannot.
    problems: Vec<PreviewProblem>,
    /// What the cells of a row hold that is to be fixed; null while that must be told.
    fields: Option<FieldsView>,
}

/// A question of a file that cannot be stored, with what can be fixed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PreviewProblem {
    #[serde(flatten)]
    problem: ProblemView,
    /// Its cells, to be sent back fixed. More than there are columns when the row has more. Null when the row is too
    /// long to be fixed here, and for problems beyond the first 500.
    cells: Option<Vec<String>>,
}

/// The cells of a row by what they hold.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct FieldsView {
    /// What each is called: the headings of a table, or the parts of a question.
    columns: Vec<String>,
    #[schema(value_type = MappingView)]
    mapping: Mapping,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RowView {
    row: usize,
    question: QuestionContent,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "tells the document what quiz::import::Format looks like")]
enum FormatView {
    Csv,
    Json,
    OpenTriviaQa,
    Xlsx,
}

/// Which column of a table holds what, counted from 0.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MappingView {
    prompt: usize,
    correct: Option<usize>,
    options: Vec<usize>,
    accepted: Vec<usize>,
    points: Option<usize>,
    notes: Option<usize>,
    kind: Option<usize>,
}

/// How a table is read.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct Mapped {
    /// For a table: JSON as in the `mapping` of a preview. A guess unless said.
    mapping: Option<String>,
    /// For a workbook: the name of a sheet. The first that holds a table unless said.
    sheet: Option<String>,
}

/// A file, or a form with the file and what is changed about it.
#[derive(Debug)]
struct Upload {
    file: Bytes,
    fixes: Fixes,
}

/// How a file is sent that is changed on the way.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "tells the document what the parts are")]
struct UploadForm {
    #[schema(content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// JSON: `[{"row": 4, "cells": ["…"]}, {"row": 9}]`. A row with cells is read as if the file had these, one without
    /// is left out. At most 500 rows.
    fixes: Option<String>,
}

/// What an import of a file would bring; stores nothing
///
/// The body is the file, at most as large as `GET /server` says: CSV and its kin, a workbook (XLSX), a bank file, or
/// `OpenTriviaQA`. Sent as a form, it comes with fixes of single rows.
#[utoipa::path(post, path = "/banks/{id}/imports/preview", tag = "imports", params(("id" = Uuid, Path), Mapped),
    request_body(content((Vec<u8> = "application/octet-stream"), (UploadForm = "multipart/form-data"))),
    responses((status = 200, body = PreviewView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn preview_import(
    State(app): State<App>,
    host: Host,
    Ids(bank): Ids<Uuid>,
    Query(mapped): Query<Mapped>,
    upload: Upload,
) -> Result<Json<PreviewView>, ApiError> {
    let sheet = sheet(&app, host.account_id(), bank, &mapped, upload).await?;
    Ok(Json(sheet.into()))
}

/// Import a file; it goes on after the answer
///
/// The body is the file, at most as large as `GET /server` says, or a form as for a preview. What cannot be stored is
/// reported, the rest is stored.
#[utoipa::path(post, path = "/banks/{id}/imports", tag = "imports", params(("id" = Uuid, Path), Mapped),
    request_body(content((Vec<u8> = "application/octet-stream"), (UploadForm = "multipart/form-data"))),
    responses((status = 202, body = ImportView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn start_import(
    State(app): State<App>,
    host: Host,
    Ids(bank): Ids<Uuid>,
    Query(mapped): Query<Mapped>,
    upload: Upload,
) -> Result<(StatusCode, Json<ImportView>), ApiError> {
    let owner = host.account_id();
    let sheet = sheet(&app, owner, bank, &mapped, upload).await?;
    if matches!(sheet.format, Format::Csv | Format::Xlsx) && sheet.mapping.is_none() {
        return Err(ApiError::invalid_field("mapping", "Say which column holds the question and which the answers."));
    }
    if sheet.rows.is_empty() {
        return Err(ApiError::invalid_field("file", "The file holds no question that can be imported."));
    }
    let problems: Vec<_> = sheet.problems.into_iter().map(ImportProblem::from).collect();
    let (id, importable) = (app.ids.uuid(), sheet.rows.len());
    let new = NewImport { id, bank, total: sheet.total, problems: &problems, importable };
    let import = match app.store.create_import(owner, &new, app.clock.now_ms()).await? {
        Placed::Done(import) => import,
        Placed::Full => return Err(bank_is_full()),
        Placed::NotFound => return Err(ApiError::not_found()),
    };
    app.live.parts().tracker.spawn(run(app.clone(), id, sheet.rows, problems));
    Ok((StatusCode::ACCEPTED, Json(import.into())))
}

/// The imports into a bank, newest first
#[utoipa::path(get, path = "/banks/{id}/imports", tag = "imports", params(("id" = Uuid, Path), Page),
    responses((status = 200, body = Vec<ImportView>), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn list_imports(
    State(app): State<App>,
    host: Host,
    Ids(bank): Ids<Uuid>,
    Query(asked): Query<Page>,
) -> Result<Response, ApiError> {
    let limit = asked.limit().min(IMPORTS_PER_PAGE);
    let imports = app.store.imports(host.account_id(), bank, asked.cursor, limit + 1).await?;
    let imports = imports.ok_or_else(ApiError::not_found)?;
    Ok(page(imports.into_iter().map(ImportView::from).collect(), limit, |import| import.id))
}

/// How far an import is
#[utoipa::path(get, path = "/banks/{id}/imports/{import_id}", tag = "imports",
    params(("id" = Uuid, Path), ("import_id" = Uuid, Path)),
    responses((status = 200, body = ImportView), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn show_import(
    State(app): State<App>,
    host: Host,
    Ids((bank, import)): Ids<(Uuid, Uuid)>,
) -> Result<Json<ImportView>, ApiError> {
    let import = app.store.import(host.account_id(), bank, import).await?;
    import.map(|import| Json(import.into())).ok_or_else(ApiError::not_found)
}

/// Stop an import that runs, and keep nothing of it
#[utoipa::path(post, path = "/banks/{id}/imports/{import_id}/cancel", tag = "imports",
    params(("id" = Uuid, Path), ("import_id" = Uuid, Path)),
    responses((status = 200, body = ImportView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn cancel_import(
    State(app): State<App>,
    host: Host,
    Ids((bank, import)): Ids<(Uuid, Uuid)>,
) -> Result<Json<ImportView>, ApiError> {
    ended(app.store.cancel_import(host.account_id(), bank, import, app.clock.now_ms()).await?)
}

/// Delete every question that an import brought; each can be restored
#[utoipa::path(post, path = "/banks/{id}/imports/{import_id}/undo", tag = "imports",
    params(("id" = Uuid, Path), ("import_id" = Uuid, Path)),
    responses((status = 200, body = ImportView), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn undo_import(
    State(app): State<App>,
    host: Host,
    Ids((bank, import)): Ids<(Uuid, Uuid)>,
) -> Result<Json<ImportView>, ApiError> {
    ended(app.store.undo_import(host.account_id(), bank, import, app.clock.now_ms()).await?)
}

impl Running {
    /// Reads a file on a thread where it holds nobody up, when its turn has come.
    ///
    /// # Errors
    /// When reading failed in a way that nothing of the file explains.
    pub(super) async fn reading<T: Send + 'static>(
        &self,
        live: &Live,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        self.read_in(self.turn().await?, live, read).await
    }

    /// Waits for a turn to read something large.
    pub(super) async fn turn(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.reading).acquire_owned().await.map_err(|_| could_not_read())
    }

    /// As [`Running::reading`], when the turn has come.
    pub(super) async fn read_in<T: Send + 'static>(
        &self,
        turn: OwnedSemaphorePermit,
        live: &Live,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let task = live.parts().tracker.spawn_blocking(move || {
            // Held until the reading is over, even when nobody waits for it any more.
            let _turn = turn;
            read()
        });
        task.await.map_err(|_| could_not_read())
    }
}

fn could_not_read() -> ApiError {
    let message = "The file could not be read. The log says more.";
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
}

impl Default for Running {
    fn default() -> Self {
        Self { reading: Arc::new(Semaphore::new(READ_AT_ONCE)) }
    }
}

impl From<Import> for ImportView {
    fn from(import: Import) -> Self {
        Self {
            id: import.id,
            bank_id: import.bank,
            state: import.state.as_str(),
            total: import.total,
            done: import.done,
            imported: import.imported,
            problems: import.problems.into_iter().map(ProblemView::from).collect(),
            created_at: rfc3339(import.created_at),
        }
    }
}

impl From<ImportProblem> for ProblemView {
    fn from(problem: ImportProblem) -> Self {
        Self { row: problem.row, reason: problem.reason, text: problem.text }
    }
}

impl From<Sheet> for PreviewView {
    fn from(sheet: Sheet) -> Self {
        let importable = sheet.rows.len();
        let row = |row: Row| RowView { row: row.number, question: row.question.into() };
        let fixed = sheet.fixed.iter().filter_map(|&at| sheet.rows.get(at).cloned()).map(row).collect();
        let problem = |mut problem: RowProblem| {
            let cells = problem.cells.take();
            PreviewProblem { problem: ImportProblem::from(problem).into(), cells }
        };
        Self {
            format: sheet.format,
            encoding: sheet.encoding,
            columns: sheet.columns,
            mapping: sheet.mapping,
            sheet: sheet.sheet,
            sheets: sheet.sheets,
            total: sheet.total,
            importable,
            rows: sheet.rows.into_iter().take(PREVIEW_ROWS).map(row).collect(),
            fixed,
            fields: sheet.fields.map(|Fields { columns, mapping }| FieldsView { columns, mapping }),
            problems: sheet.problems.into_iter().map(problem).collect(),
        }
    }
}

/// Reads a file for a bank. The same file gives the same sheet for a preview and for the import.
async fn sheet(app: &App, owner: Uuid, bank: Uuid, mapped: &Mapped, upload: Upload) -> Result<Sheet, ApiError> {
    let existing = app.store.prompt_keys(owner, bank).await?.ok_or_else(ApiError::not_found)?;
    let Upload { file, fixes } = upload;
    let asked =
        Asked { mapping: mapped.parse()?, sheet: mapped.sheet.clone().filter(|sheet| !sheet.is_empty()), fixes };
    let sheet = app.imports.reading(&app.live, move || read(&file, &asked, &existing)).await?;
    sheet.map_err(|error| unreadable(&error))
}

impl FromRequest<App> for Upload {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|value| value.to_ascii_lowercase().starts_with("multipart/form-data")) {
            let form = Multipart::from_request(request, app).await;
            let form = form.map_err(|rejection| bad_form(rejection.status(), rejection.body_text()))?;
            return Self::of_form(app, form).await;
        }
        let file = received(app, Bytes::from_request(request, app).await)?;
        if file.len() > app.upload_bytes_max {
            return Err(too_large(app));
        }
        Ok(Self { file, fixes: Fixes::default() })
    }
}

impl Upload {
    async fn of_form(app: &App, mut form: Multipart) -> Result<Self, ApiError> {
        let (mut file, mut fixes) = (None, Fixes::default());
        while let Some(field) = form.next_field().await.map_err(|error| bad_part(app, &error))? {
            match field.name() {
                Some("file") => file = Some(part(app, field, app.upload_bytes_max).await?),
                Some("fixes") => {
                    let json = part(app, field, IMPORT_FIXES_BYTES_MAX).await?;
                    fixes = Fixes::parse(&json).map_err(|error| ApiError::invalid_field("fixes", error.to_string()))?;
                }
                name => {
                    let named = name.unwrap_or_default();
                    let detail = format!("The form has a part “{}”; it takes `file` and `fixes`.", shown(named));
                    return Err(bad_form(StatusCode::BAD_REQUEST, detail));
                }
            }
        }
        let file = file.ok_or_else(|| ApiError::invalid_field("file", "The form has no part `file`."))?;
        Ok(Self { file, fixes })
    }
}

/// A part of a form, at most so large.
async fn part(app: &App, mut field: Field<'_>, bytes_max: usize) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| bad_part(app, &error))? {
        if bytes.len() + chunk.len() > bytes_max {
            return Err(too_large(app));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn bad_part(app: &App, error: &MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(app),
        status => bad_form(status, error.body_text()),
    }
}

fn bad_form(status: StatusCode, detail: String) -> ApiError {
    ApiError::new(status, "bad_body", detail)
}

impl Mapped {
    /// Nothing and `null` mean a guess.
    fn parse(&self) -> Result<Option<Mapping>, ApiError> {
        let Some(mapping) = self.mapping.as_deref().filter(|mapping| !mapping.is_empty()) else { return Ok(None) };
        serde_json::from_str(mapping)
            .map_err(|error| ApiError::invalid_field("mapping", format!("The mapping cannot be read: {error}.")))
    }
}

fn unreadable(error: &Unreadable) -> ApiError {
    match error {
        Unreadable::File(error) => bad_file(error),
        Unreadable::Mapping(_) => ApiError::invalid_field("mapping", error.to_string()),
        Unreadable::Fixes(_) => ApiError::invalid_field("fixes", error.to_string()),
        Unreadable::NoSuchSheet => ApiError::invalid_field("sheet", error.to_string()),
        Unreadable::Broken { .. }
        | Unreadable::BrokenWorkbook
        | Unreadable::Empty
        | Unreadable::NoQuestions
        | Unreadable::NotATable
        | Unreadable::NotText
        | Unreadable::OldWorkbook
        | Unreadable::OtherWorkbook
        | Unreadable::Protected
        | Unreadable::TooLargeUnpacked
        | Unreadable::TooManyColumns { .. }
        | Unreadable::TooManyRows { .. }
        | Unreadable::UnknownEncoding => ApiError::invalid_field("file", error.to_string()),
    }
}

/// Stores the questions of an import to its end. One that cannot go on leaves nothing behind; if even that cannot be
/// stored, the next start sees to it.
async fn run(app: App, import: Uuid, rows: Vec<Row>, problems: Vec<ImportProblem>) {
    let Err(error) = store_all(&app, import, &rows, problems).await else { return };
    match error {
        Stopped::Failed(error) => tracing::error!(%import, %error, "an import failed"),
        Stopped::ByTheEnd => tracing::info!(%import, "an import was stopped, because the process ends"),
    }
    if let Err(error) = app.store.fail_import(import, app.clock.now_ms()).await {
        tracing::error!(%import, %error, "a failed import could not be taken back");
    }
}

/// Why an import does not go on.
#[derive(Debug)]
enum Stopped {
    /// The process ends.
    ByTheEnd,
    Failed(StoreError),
}

async fn store_all(app: &App, import: Uuid, rows: &[Row], mut problems: Vec<ImportProblem>) -> Result<(), Stopped> {
    for chunk in rows.chunks(IMPORT_CHUNK) {
        if app.live.parts().stop.is_cancelled() {
            return Err(Stopped::ByTheEnd);
        }
        let new: Vec<_> = chunk.iter().map(|row| NewQuestion { id: app.ids.uuid(), draft: &row.question }).collect();
        let Some(left_out) = app.store.import_chunk(import, &new, app.clock.now_ms()).await? else {
            return Ok(());
        };
        problems.extend(left_out.into_iter().filter_map(|(index, why)| Some(why.of(chunk.get(index)?))));
    }
    problems.sort_by_key(|problem| problem.row);
    app.store.finish_import(import, &problems, app.clock.now_ms()).await?;
    Ok(())
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

fn ended(ended: ImportEnded) -> Result<Json<ImportView>, ApiError> {
    match ended {
        ImportEnded::Done(import) => Ok(Json(import.into())),
        ImportEnded::NotFound => Err(ApiError::not_found()),
        ImportEnded::TooLate(import) => {
            let detail = match import.state {
                ImportState::Cancelled => "This import was cancelled. Nothing of it was kept.",
                ImportState::Done => "This import is done. Undo it instead.",
                ImportState::Failed => "This import failed. Nothing of it was kept.",
                ImportState::Running => "This import still runs. Cancel it instead.",
                ImportState::Undone => "This import was taken back already.",
            };
            let error = ApiError::new(StatusCode::CONFLICT, "too_late", detail);
            Err(error.with("import", ImportView::from(import)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::banks::tests::body;
    use super::*;
    use serde_json::json;
    use std::collections::HashSet;

    fn mapped(mapping: &str) -> Mapped {
        Mapped { mapping: Some(mapping.to_owned()), sheet: None }
    }

    #[test]
    fn a_mapping_is_guessed_unless_it_is_told() {
        for none in [Mapped::default(), mapped(""), mapped("null")] {
            assert_eq!(none.parse().unwrap(), None);
        }
        let told = mapped(r#"{"prompt":1,"correct":6,"options":[2,3],"accepted":null,"points":null}"#);
        assert_eq!(told.parse().unwrap().unwrap().correct, Some(6));
    }

    #[tokio::test]
    async fn a_mapping_that_is_none_is_told_by_field() {
        for bad in ["{", "[]", r#"{"prompt":null}"#, r#"{"prompt":-1}"#] {
            let body = body(mapped(bad).parse().unwrap_err()).await;
            assert_eq!((&body["status"], &body["errors"][0]["field"]), (&json!(422), &json!("mapping")), "{bad}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_told_in_words() {
        let refused = async |bytes: &[u8], mapping: Option<Mapping>| {
            let asked = Asked { mapping, ..Asked::default() };
            body(unreadable(&read(bytes, &asked, &HashSet::new()).unwrap_err())).await
        };
        let workbook = refused(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", None).await;
        assert_eq!((&workbook["status"], &workbook["errors"][0]["field"]), (&json!(422), &json!("file")));
        assert!(workbook["detail"].as_str().unwrap().contains("CSV UTF-8"), "{workbook}");
        let beyond = Mapping { prompt: 9, correct: Some(1), ..Mapping::default() };
        let mapping = refused(b"Question,Answer\nWho?,Me\n", Some(beyond)).await;
        assert_eq!(mapping["errors"][0]["field"], "mapping");
        let quiz = refused(br#"{"format":"quibble.quiz","version":1}"#, None).await;
        assert!(quiz["detail"].as_str().unwrap().contains("import it as a quiz"), "{quiz}");
    }

    #[test]
    fn a_preview_shows_the_first_rows_and_every_problem() {
        let twice = |n| format!("Question {n}?,Yes\nQuestion {n}?,Yes\n");
        let csv = format!("Question,Answer\n{}", (0..30).map(twice).collect::<String>());
        let sheet = read(csv.as_bytes(), &Asked::default(), &HashSet::new()).unwrap();
        let view = serde_json::to_value(PreviewView::from(sheet)).unwrap();
        assert_eq!((&view["format"], &view["encoding"]), (&json!("csv"), &json!("utf-8")));
        assert_eq!((&view["total"], &view["importable"]), (&json!(60), &json!(30)));
        assert_eq!(view["rows"].as_array().unwrap().len(), PREVIEW_ROWS);
        assert_eq!((&view["rows"][0]["row"], &view["rows"][0]["question"]["type"]), (&json!(2), &json!("text")));
        assert_eq!(view["problems"].as_array().unwrap().len(), 30);
        assert_eq!(
            view["problems"][0],
            json!({"row": 3, "text": "Question 0?",
            "reason": "The same question is already in row 2.", "cells": ["Question 0?", "Yes"]})
        );
        assert_eq!(view["mapping"]["prompt"], 0);
        assert_eq!(view["fields"]["columns"], json!(["Question", "Answer"]));
    }

    #[tokio::test]
    async fn an_import_that_is_past_it_says_how_it_stands() {
        let import = Import {
            id: Uuid::nil(),
            bank: Uuid::max(),
            state: ImportState::Done,
            total: 3,
            done: 3,
            imported: 2,
            problems: vec![ImportProblem { row: 4, reason: "No.".to_owned(), text: "Who?".to_owned() }],
            created_at: 0,
        };
        let body = body(ended(ImportEnded::TooLate(import)).unwrap_err()).await;
        assert_eq!((&body["status"], &body["code"]), (&json!(409), &json!("too_late")));
        assert_eq!(
            body["import"],
            json!({"id": Uuid::nil(), "bank_id": Uuid::max(), "state": "done", "total": 3,
            "done": 3, "imported": 2, "problems": [{"row": 4, "reason": "No.", "text": "Who?"}],
            "created_at": "1970-01-01T00:00:00.000Z"})
        );
    }
}
