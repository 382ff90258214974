//! The bin: what was deleted and can be restored, each where it was, and what is deleted for good.

use super::{Page, page};
use crate::clock::{millis, rfc3339};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Query};
use crate::limits::BIN_KEPT_FOR;
use crate::store::{BinKind, Binned};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_bin, empty_bin)).routes(routes!(purge))
}

/// A thing in the bin.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BinnedView {
    #[schema(value_type = BinnedKind)]
    kind: &'static str,
    id: Uuid,
    /// Its name, its prompt or its title. A round may have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The bank of a question, the quiz of a round.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_name: Option<String>,
    /// Questions of a bank or a round, rounds of a quiz: what comes back with it.
    holds: usize,
    deleted_at: String,
    /// When it goes for good.
    gone_at: String,
}

/// What can be in the bin.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "tells the document what the strings are")]
enum BinnedKind {
    Bank,
    Question,
    Quiz,
    Round,
}

/// What I deleted in the last 30 days, the latest first
///
/// Each is restored where it was: `POST /banks/{id}/restore` and so on.
#[utoipa::path(get, path = "/bin", tag = "bin", params(Page),
    responses((status = 200, body = Vec<BinnedView>), (status = 401, body = Problem)))]
async fn list_bin(State(app): State<App>, host: Host, Query(asked): Query<Page>) -> Result<Response, ApiError> {
    let limit = asked.limit();
    let binned = app.store.bin(host.account_id(), asked.cursor, limit + 1).await?;
    Ok(page(binned.into_iter().map(BinnedView::from).collect(), limit, |binned| binned.id))
}

/// Delete everything in the bin for good
#[utoipa::path(delete, path = "/bin", tag = "bin",
    responses((status = 204), (status = 401, body = Problem)))]
async fn empty_bin(State(app): State<App>, host: Host) -> Result<StatusCode, ApiError> {
    app.store.empty_bin(Some(host.account_id()), app.clock.now_ms()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete one thing in the bin for good
///
/// `kind` is `bank`, `question`, `quiz` or `round`.
#[utoipa::path(delete, path = "/bin/{kind}/{id}", tag = "bin",
    params(("kind" = BinnedKind, Path), ("id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn purge(
    State(app): State<App>,
    host: Host,
    Ids((kind, id)): Ids<(String, Uuid)>,
) -> Result<StatusCode, ApiError> {
    let kind = BinKind::parse(&kind).ok_or_else(ApiError::not_found)?;
    let gone = app.store.purge(host.account_id(), kind, id).await?;
    gone.then_some(StatusCode::NO_CONTENT).ok_or_else(ApiError::not_found)
}

impl From<Binned> for BinnedView {
    fn from(binned: Binned) -> Self {
        let kept_for = millis(BIN_KEPT_FOR);
        let (parent_id, parent_name) = binned.parent.unzip();
        Self {
            kind: binned.kind.as_str(),
            id: binned.id,
            name: binned.name,
            parent_id,
            parent_name,
            holds: binned.holds,
            deleted_at: rfc3339(binned.deleted_at),
            gone_at: rfc3339(binned.deleted_at.saturating_add(kept_for)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_is_shown_with_where_it_was_and_when_it_goes() {
        let binned = Binned {
            kind: BinKind::Question,
            id: Uuid::nil(),
            name: Some("Soup?".to_owned()),
            parent: Some((Uuid::max(), "Food".to_owned())),
            holds: 0,
            deleted_at: 0,
        };
        let shown = json!({"kind": "question", "id": Uuid::nil(), "name": "Soup?", "parent_id": Uuid::max(),
            "parent_name": "Food", "holds": 0, "deleted_at": "1970-01-01T00:00:00.000Z",
            "gone_at": "1970-01-31T00:00:00.000Z"});
        assert_eq!(serde_json::to_value(BinnedView::from(binned)).unwrap(), shown);
    }
}
