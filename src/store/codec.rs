//! Events as they are stored: a kind and a JSON body. Old logs must replay for ever, so names and shapes are only
//! added to; when a shape must change, it is upgraded here.

use super::StoreError;
use crate::game::{Event, What};
use serde_json::{Value, json};

/// The kind and the body of an event.
pub(super) fn encode(event: &Event) -> Result<(String, String), StoreError> {
    let unreadable = |error: serde_json::Error| StoreError::Unreadable(error.to_string());
    let mut value = serde_json::to_value(&event.what).map_err(unreadable)?;
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let body = value.get_mut("body").map_or(Value::Null, Value::take);
    Ok((kind, body.to_string()))
}

/// The event that is stored as `kind` and `body`.
pub(super) fn decode(at: i64, kind: &str, body: &str) -> Result<Event, StoreError> {
    let unreadable = |error: serde_json::Error| StoreError::Unreadable(format!("event {kind}: {error}"));
    let body: Value = serde_json::from_str(body).map_err(unreadable)?;
    let value = if body.is_null() { json!({ "kind": kind }) } else { json!({ "kind": kind, "body": body }) };
    let what: What = serde_json::from_value(value).map_err(unreadable)?;
    Ok(Event { at, what })
}
