//! Accounts: setting up, signing in and out, passwords, sessions and API tokens.

use crate::auth::{self, AuthError};
use crate::clock::{millis, rfc3339};
use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Host, Ids, Json, Peer, SESSION_COOKIE};
use crate::http::throttle::{Guess, Made};
use crate::ids::Token;
use crate::jobs::{Letter, Task};
use crate::limits::{API_TOKENS_PER_ACCOUNT_MAX, RECOVERY_LETTER_EVERY, SESSION_TTL, TOKEN_NAME_CHARS_MAX};
use crate::store::{Account, AccountRole, ApiToken, Session, SetupKind};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(me))
        .routes(routes!(check_setup))
        .routes(routes!(set_up))
        .routes(routes!(sign_in, sign_out))
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
        .routes(routes!(change_password))
        .routes(routes!(email, change_email))
        .routes(routes!(recover))
        .routes(routes!(list_tokens, create_token))
        .routes(routes!(revoke_token))
}

/// Somebody who can sign in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct AccountView {
    id: Uuid,
    username: String,
    role: RoleView,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum RoleView {
    Host,
    Owner,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct SetupToken {
    token: String,
}

/// What a set-up link does.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum SetupView {
    /// Makes the owner's account.
    Owner,
    /// Sets a new password for the owner.
    Recovery { username: String },
}

#[derive(Deserialize, utoipa::ToSchema)]
struct NewSetup {
    token: String,
    /// Required unless the link recovers an account.
    username: Option<String>,
    password: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct SignIn {
    username: String,
    password: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct PasswordChange {
    #[serde(alias = "currentPassword")]
    current_password: String,
    #[serde(alias = "newPassword")]
    new_password: String,
}

/// Where mail to an account goes.
#[derive(Debug, Deserialize, Serialize, utoipa::ToSchema)]
struct Email {
    /// Missing or empty: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// Who has forgotten a password.
#[derive(Deserialize, utoipa::ToSchema)]
struct Recover {
    username: String,
}

/// A signed-in browser.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SessionView {
    id: Uuid,
    created_at: String,
    last_seen_at: String,
    user_agent: String,
    /// The browser that asks.
    current: bool,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewToken {
    name: String,
}

/// A secret that stands for the account in programs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TokenView {
    id: Uuid,
    name: String,
    prefix: String,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<String>,
    /// The secret, once: when the token is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Who is signed in
#[utoipa::path(get, path = "/me", tag = "account",
    responses((status = 200, body = AccountView), (status = 401, body = Problem)))]
async fn me(host: Host) -> Json<AccountView> {
    Json(host.0.account.into())
}

/// What a set-up link does
#[utoipa::path(post, path = "/setup/check", tag = "account", security(()), request_body = SetupToken,
    responses((status = 200, body = SetupView), (status = 410, body = Problem), (status = 429, body = Problem)))]
async fn check_setup(
    State(app): State<App>,
    Peer(peer): Peer,
    Json(setup): Json<SetupToken>,
) -> Result<Json<SetupView>, ApiError> {
    match guessed(&app, peer, app.auth.setup_kind(&Token::claimed(&setup.token))).await? {
        SetupKind::Owner => Ok(Json(SetupView::Owner)),
        SetupKind::Recovery(account) => Ok(Json(SetupView::Recovery { username: account.username })),
    }
}

/// Make the owner's account, or recover it
#[utoipa::path(post, path = "/setup", tag = "account", security(()), request_body = NewSetup,
    responses((status = 201, body = AccountView), (status = 410, body = Problem), (status = 422, body = Problem)))]
async fn set_up(
    State(app): State<App>,
    Peer(peer): Peer,
    headers: HeaderMap,
    Json(setup): Json<NewSetup>,
) -> Result<impl IntoResponse, ApiError> {
    let token = Token::claimed(&setup.token);
    let (username, sessions) = match guessed(&app, peer, app.auth.setup_kind(&token)).await? {
        SetupKind::Owner => (username(setup.username.as_deref().unwrap_or_default())?, Vec::new()),
        SetupKind::Recovery(account) => {
            (account.username, app.store.sessions_of(account.id, app.clock.now_ms()).await?)
        }
    };
    let account = app.auth.set_up(&token, &username, setup.password).await?;
    // Whoever had the old password is out, from the live games too.
    for session in sessions {
        app.live.revoke(session.id).await;
    }
    let session = app.auth.open_session(&account, user_agent(&headers)).await?;
    Ok((StatusCode::CREATED, cookie(&app, Some(&session)), Json(AccountView::from(account))))
}

/// Sign in
#[utoipa::path(post, path = "/session", tag = "account", security(()), request_body = SignIn,
    responses((status = 200, body = AccountView), (status = 401, body = Problem), (status = 429, body = Problem)))]
async fn sign_in(
    State(app): State<App>,
    Peer(peer): Peer,
    headers: HeaderMap,
    Json(sign_in): Json<SignIn>,
) -> Result<impl IntoResponse, ApiError> {
    let signing_in = app.auth.sign_in(sign_in.username.trim(), sign_in.password, user_agent(&headers));
    let (account, session) = guessed(&app, peer, signing_in).await?;
    Ok((cookie(&app, Some(&session)), Json(AccountView::from(account))))
}

/// Sign out
#[utoipa::path(delete, path = "/session", tag = "account",
    responses((status = 204), (status = 401, body = Problem)))]
async fn sign_out(State(app): State<App>, host: Host) -> Result<impl IntoResponse, ApiError> {
    if let Some(session) = host.session_id() {
        app.store.end_session(host.account_id(), session).await?;
        app.live.revoke(session).await;
    }
    Ok((StatusCode::NO_CONTENT, cookie(&app, None)))
}

/// Signed-in browsers, the last used first
#[utoipa::path(get, path = "/account/sessions", tag = "account",
    responses((status = 200, body = Vec<SessionView>), (status = 401, body = Problem)))]
async fn list_sessions(State(app): State<App>, host: Host) -> Result<Json<Vec<SessionView>>, ApiError> {
    let sessions = app.store.sessions_of(host.account_id(), app.clock.now_ms()).await?;
    let view = |session: Session| SessionView {
        current: host.session_id() == Some(session.id),
        id: session.id,
        created_at: rfc3339(session.created_at),
        last_seen_at: rfc3339(session.last_seen_at),
        user_agent: session.user_agent,
    };
    Ok(Json(sessions.into_iter().map(view).collect()))
}

/// Sign a browser out
#[utoipa::path(delete, path = "/account/sessions/{id}", tag = "account", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn end_session(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<StatusCode, ApiError> {
    if !app.store.end_session(host.account_id(), id).await? {
        return Err(ApiError::not_found());
    }
    app.live.revoke(id).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Change the password; other browsers are signed out
#[utoipa::path(put, path = "/account/password", tag = "account", request_body = PasswordChange,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem)))]
async fn change_password(
    State(app): State<App>,
    Peer(peer): Peer,
    host: Host,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    let others = app.store.sessions_of(host.account_id(), app.clock.now_ms()).await?;
    let changing = app.auth.change_password(&host.0, change.current_password, change.new_password);
    guessed(&app, peer, changing).await.map_err(|error| match error {
        Guessed::Auth(AuthError::BadCredentials) => {
            ApiError::invalid_field("current_password", "That is not your password.")
        }
        Guessed::Auth(AuthError::Password(problem)) => ApiError::invalid_field("new_password", problem.to_string()),
        error => error.into(),
    })?;
    for session in others.iter().filter(|session| host.session_id() != Some(session.id)) {
        app.live.revoke(session.id).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Where my mail goes
#[utoipa::path(get, path = "/account/email", tag = "account",
    responses((status = 200, body = Email), (status = 401, body = Problem)))]
async fn email(State(app): State<App>, host: Host) -> Result<Json<Email>, ApiError> {
    Ok(Json(Email { email: app.store.email(host.account_id()).await? }))
}

/// Say where my mail goes: results of games, and links for a new password
#[utoipa::path(put, path = "/account/email", tag = "account", request_body = Email,
    responses((status = 200, body = Email), (status = 401, body = Problem), (status = 422, body = Problem)))]
async fn change_email(State(app): State<App>, host: Host, Json(new): Json<Email>) -> Result<Json<Email>, ApiError> {
    let email = new.email.as_deref().map(str::trim).filter(|email| !email.is_empty());
    let email =
        email.map(auth::email).transpose().map_err(|error| ApiError::invalid_field("email", error.to_string()))?;
    app.store.set_email(host.account_id(), email, app.clock.now_ms()).await?;
    Ok(Json(Email { email: email.map(str::to_owned) }))
}

/// Ask for a letter with a link for a new password. The answer is the same whoever asks for whom
#[utoipa::path(post, path = "/recovery", tag = "account", security(()), request_body = Recover,
    responses((status = 202), (status = 404, body = Problem), (status = 429, body = Problem)))]
async fn recover(
    State(app): State<App>,
    Peer(peer): Peer,
    Json(recover): Json<Recover>,
) -> Result<StatusCode, ApiError> {
    if !app.sends_mail {
        let detail = "No mail is sent from here. Ask whoever runs this Quibble for a link.";
        return Err(ApiError::new(StatusCode::NOT_FOUND, "no_mail", detail));
    }
    app.0.throttle.make(Made::Letter, peer)?;
    let account = app.store.account_named(recover.username.trim()).await?;
    if let Some(account) = account.filter(|account| account.disabled_at.is_none())
        && app.store.email(account.id).await?.is_some()
    {
        let every = millis(RECOVERY_LETTER_EVERY);
        let once = format!("forgotten/{}/{}", account.id, app.clock.now_ms().div_euclid(every));
        app.queue.add_once(Task::Mail(Letter::Forgotten { account: account.id }), once).await?;
    }
    Ok(StatusCode::ACCEPTED)
}

/// API tokens, newest first
#[utoipa::path(get, path = "/account/tokens", tag = "account",
    responses((status = 200, body = Vec<TokenView>), (status = 401, body = Problem)))]
async fn list_tokens(State(app): State<App>, host: Host) -> Result<Json<Vec<TokenView>>, ApiError> {
    let tokens = app.store.api_tokens_of(host.account_id()).await?;
    Ok(Json(tokens.into_iter().map(TokenView::from).collect()))
}

/// Make an API token; its secret is shown once
#[utoipa::path(post, path = "/account/tokens", tag = "account", request_body = NewToken,
    responses((status = 201, body = TokenView), (status = 422, body = Problem)))]
async fn create_token(
    State(app): State<App>,
    host: Host,
    Json(new): Json<NewToken>,
) -> Result<(StatusCode, Json<TokenView>), ApiError> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > TOKEN_NAME_CHARS_MAX {
        let message = format!("Name the token with 1 to {TOKEN_NAME_CHARS_MAX} characters.");
        return Err(ApiError::invalid_field("name", message));
    }
    if app.store.api_tokens_of(host.account_id()).await?.len() >= API_TOKENS_PER_ACCOUNT_MAX {
        let detail = format!("An account has at most {API_TOKENS_PER_ACCOUNT_MAX} tokens. Revoke one first.");
        return Err(ApiError::new(StatusCode::CONFLICT, "too_many", detail));
    }
    let secret = app.ids.token();
    let token = ApiToken {
        id: app.ids.uuid(),
        account: host.account_id(),
        name: name.to_owned(),
        prefix: secret.reveal()[..8].to_owned(),
        created_at: app.clock.now_ms(),
        last_used_at: None,
    };
    app.store.insert_api_token(&token, &secret.hash()).await?;
    let view = TokenView { token: Some(secret.reveal().to_owned()), ..TokenView::from(token) };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Revoke an API token
#[utoipa::path(delete, path = "/account/tokens/{id}", tag = "account", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
async fn revoke_token(State(app): State<App>, host: Host, Ids(id): Ids<Uuid>) -> Result<StatusCode, ApiError> {
    if !app.store.revoke_api_token(host.account_id(), id).await? {
        return Err(ApiError::not_found());
    }
    app.live.revoke(id).await;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let role = match account.role {
            AccountRole::Host => RoleView::Host,
            AccountRole::Owner => RoleView::Owner,
        };
        Self { id: account.id, username: account.username, role }
    }
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            prefix: token.prefix,
            created_at: rfc3339(token.created_at),
            last_used_at: token.last_used_at.map(rfc3339),
            token: None,
        }
    }
}

/// Why a secret was not accepted, or not looked at.
pub(super) enum Guessed {
    Auth(AuthError),
    TooFast(ApiError),
}

impl From<Guessed> for ApiError {
    fn from(guessed: Guessed) -> Self {
        match guessed {
            Guessed::Auth(error) => error.into(),
            Guessed::TooFast(error) => error,
        }
    }
}

/// Tries a secret in its turn. Only wrong ones cost.
pub(super) async fn guessed<T>(
    app: &App,
    peer: IpAddr,
    tried: impl Future<Output = Result<T, AuthError>>,
) -> Result<T, Guessed> {
    let turn = app.0.throttle.turn(Guess::Password, peer).await.map_err(Guessed::TooFast)?;
    let result = tried.await;
    match result {
        Err(AuthError::BadCredentials | AuthError::ConsoleLinkSpent | AuthError::LinkSpent) => drop(turn),
        Ok(_) | Err(AuthError::Password(_) | AuthError::Store(_)) => turn.free(),
    }
    result.map_err(Guessed::Auth)
}

fn username(text: &str) -> Result<String, ApiError> {
    let name = auth::username(text).map_err(|bad| ApiError::invalid_field("username", bad.to_string()))?;
    Ok(name.to_owned())
}

pub(super) fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Sets the session cookie, or takes it away.
pub(super) fn cookie(app: &App, session: Option<&Token>) -> AppendHeaders<[(header::HeaderName, String); 1]> {
    let secure = if app.is_secure() { "; Secure" } else { "" };
    let (value, age) = session.map_or(("", 0), |token| (token.reveal(), SESSION_TTL.as_secs()));
    // Another site of the same host does not get it.
    let path = if app.called.path.is_empty() { "/" } else { &app.called.path };
    let cookie = format!("{SESSION_COOKIE}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    AppendHeaders([(header::SET_COOKIE, cookie)])
}
