//! Settings: what is in effect, and who said so.

use crate::http::App;
use crate::http::error::{ApiError, Problem};
use crate::http::extract::{Json, Owner};
use axum::extract::State;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_settings))
}

/// A setting as it is in effect.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SettingView {
    /// `section.key`
    pub key: &'static str,
    /// As it stands in a configuration file (TOML). None where it is not set, or nobody is shown it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// It has a value, shown or not.
    pub is_set: bool,
    /// Nobody is shown its value.
    pub secret: bool,
    /// None where nothing is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<SettingOrigin>,
    /// Where in it: `quibble.toml:12:1`, `LOG_LEVEL`, `--listen`. None for a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Somebody set it outside of this page, which does not change it.
    pub locked: bool,
    /// What it is.
    pub about: String,
    /// As it would stand in a configuration file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<&'static str>,
    /// Its names in the environment.
    pub variables: Vec<String>,
    /// Its flag of the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<&'static str>,
    /// A new value takes effect at the next start only, not when the configuration is read again.
    pub needs_restart: bool,
}

/// Who gave a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingOrigin {
    Credential,
    Default,
    Environment,
    File,
    Flag,
}

/// Every setting as it is in effect, with its origin; secrets are hidden
#[utoipa::path(get, path = "/operator/settings", tag = "operator",
    responses((status = 200, body = Vec<SettingView>), (status = 403, body = Problem)))]
async fn list_settings(State(app): State<App>, _: Owner) -> Result<Json<Vec<SettingView>>, ApiError> {
    Ok(Json(app.machine.settings()))
}
