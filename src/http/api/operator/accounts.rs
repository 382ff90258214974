//! Accounts, for the owner: what `quibble user` does at the command line.

use crate::auth::{AuthError, username};
use crate::clock::{millis, rfc3339};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json, Owner};
use crate::limits::{ACCOUNTS_MAX, SETUP_LINK_TTL};
use crate::store::{Account, AccountListed, AccountRole, StoreError};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_accounts, create_account))
        .routes(routes!(link_account))
        .routes(routes!(disable_account))
        .routes(routes!(enable_account))
}

/// Somebody who can sign in, or could.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct OperatedAccount {
    id: Uuid,
    username: String,
    role: OperatedRole,
    /// Who asks.
    own: bool,
    created_at: String,
    /// When a session or an API token of it was used last, of those that have not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen_at: Option<String>,
    has_password: bool,
    api_tokens: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum OperatedRole {
    Host,
    Owner,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewAccount {
    username: String,
}

/// A link by which the person of an account chooses a password. It is good once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct AccountLink {
    username: String,
    /// Whoever opens it has the account.
    url: String,
    expires_at: String,
}

/// All accounts, the oldest first
#[utoipa::path(get, path = "/operator/accounts", tag = "operator",
    responses((status = 200, body = Vec<OperatedAccount>), (status = 403, body = Problem)))]
async fn list_accounts(State(app): State<App>, Owner(owner): Owner) -> Result<Json<Vec<OperatedAccount>>, ApiError> {
    let accounts = app.store.accounts().await?;
    Ok(Json(accounts.into_iter().map(|listed| OperatedAccount::of(listed, &owner)).collect()))
}

/// Make an account that hosts; the link lets its person choose a password
#[utoipa::path(post, path = "/operator/accounts", tag = "operator", request_body = NewAccount,
    responses((status = 201, body = AccountLink), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn create_account(
    State(app): State<App>,
    _: Owner,
    Json(new): Json<NewAccount>,
) -> Result<(StatusCode, Json<AccountLink>), ApiError> {
    let name = username(&new.username).map_err(|bad| ApiError::invalid_field("username", bad.to_string()))?;
    if app.store.accounts().await?.len() >= ACCOUNTS_MAX {
        let detail =
            format!("There are {ACCOUNTS_MAX} accounts. More are made at the command line: `quibble user create`.");
        return Err(ApiError::new(StatusCode::CONFLICT, "too_many", detail));
    }
    let account = app.auth.create_host(name, None).await.map_err(|error| match error {
        AuthError::Store(StoreError::Exists) => {
            ApiError::invalid_field("username", "An account has that name already. Choose another one.")
        }
        error => error.into(),
    })?;
    Ok((StatusCode::CREATED, Json(link(&app, &account).await?)))
}

/// A new link to choose a password; the one before stops working
#[utoipa::path(post, path = "/operator/accounts/{id}/link", tag = "operator", params(("id" = Uuid, Path)),
    responses((status = 201, body = AccountLink), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn link_account(
    State(app): State<App>,
    Owner(owner): Owner,
    Ids(id): Ids<Uuid>,
) -> Result<(StatusCode, Json<AccountLink>), ApiError> {
    let account = other(&app, &owner, id).await?;
    if account.disabled_at.is_some() {
        let detail = "The account is disabled, so a link would not work. Enable it first.";
        return Err(ApiError::new(StatusCode::CONFLICT, "disabled", detail));
    }
    Ok((StatusCode::CREATED, Json(link(&app, &account).await?)))
}

/// Let an account do nothing more: it is signed out, and its API tokens are refused
#[utoipa::path(post, path = "/operator/accounts/{id}/disable", tag = "operator", params(("id" = Uuid, Path)),
    responses((status = 200, body = OperatedAccount), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn disable_account(
    State(app): State<App>,
    Owner(owner): Owner,
    Ids(id): Ids<Uuid>,
) -> Result<Json<OperatedAccount>, ApiError> {
    let account = other(&app, &owner, id).await?;
    let now = app.clock.now_ms();
    let sessions = app.store.sessions_of(account.id, now).await?;
    let tokens = app.store.api_tokens_of(account.id).await?;
    if !app.store.disable_account(account.id, now).await? {
        let detail = "Nobody else could sign in then. Make another account first.";
        return Err(ApiError::new(StatusCode::CONFLICT, "last_account", detail));
    }
    // Out of the live games at once, too.
    for credential in sessions.iter().map(|session| session.id).chain(tokens.iter().map(|token| token.id)) {
        app.live.revoke(credential).await;
    }
    shown(&app, &owner, id).await
}

/// Let a disabled account sign in again
#[utoipa::path(post, path = "/operator/accounts/{id}/enable", tag = "operator", params(("id" = Uuid, Path)),
    responses((status = 200, body = OperatedAccount), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn enable_account(
    State(app): State<App>,
    Owner(owner): Owner,
    Ids(id): Ids<Uuid>,
) -> Result<Json<OperatedAccount>, ApiError> {
    let account = other(&app, &owner, id).await?;
    app.store.enable_account(account.id).await?;
    shown(&app, &owner, id).await
}

/// An account that is not the caller's own, which is looked after elsewhere: nobody shuts themselves out.
async fn other(app: &App, owner: &Host, id: Uuid) -> Result<Account, ApiError> {
    if id == owner.account_id() {
        let detail = "This is your own account. You change your password under Account, and cannot shut yourself out.";
        return Err(ApiError::new(StatusCode::CONFLICT, "own_account", detail));
    }
    app.store.account(id).await?.ok_or_else(ApiError::not_found)
}

async fn shown(app: &App, owner: &Host, id: Uuid) -> Result<Json<OperatedAccount>, ApiError> {
    let accounts = app.store.accounts().await?;
    let listed = accounts.into_iter().find(|listed| listed.account.id == id).ok_or_else(ApiError::not_found)?;
    Ok(Json(OperatedAccount::of(listed, owner)))
}

async fn link(app: &App, account: &Account) -> Result<AccountLink, ApiError> {
    let expires_at = app.clock.now_ms() + millis(SETUP_LINK_TTL);
    let token = app.auth.new_account_link(account).await?;
    Ok(AccountLink {
        username: account.username.clone(),
        url: app.url_of(format_args!("/setup#{}", token.reveal())),
        expires_at: rfc3339(expires_at),
    })
}

impl OperatedAccount {
    fn of(listed: AccountListed, owner: &Host) -> Self {
        let AccountListed { account, created_at, last_seen_at, api_tokens } = listed;
        Self {
            own: account.id == owner.account_id(),
            id: account.id,
            username: account.username,
            role: match account.role {
                AccountRole::Host => OperatedRole::Host,
                AccountRole::Owner => OperatedRole::Owner,
            },
            created_at: rfc3339(created_at),
            last_seen_at: last_seen_at.map(rfc3339),
            has_password: account.password_hash.is_some(),
            api_tokens,
            disabled_at: account.disabled_at.map(rfc3339),
        }
    }
}
