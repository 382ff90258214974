//! `[redis]`: what hurries replicas along.

use super::problem::Wrong;
use super::reader::{Reader, Reported};
use super::secret::Secret;
use super::settings::Setting;
use ::redis::IntoConnectionInfo;
use std::path::PathBuf;

pub(super) const SETTINGS: &[Setting] = &[
    Setting { short_names: &["REDIS_URL"], is_secret: true, ..Setting::new("redis.url") },
    Setting { short_names: &["REDIS_ADDR"], ..Setting::new("redis.addr") },
    Setting { short_names: &["REDIS_PASSWORD"], is_secret: true, ..Setting::new("redis.password") },
    Setting::new("redis.ca_file"),
    Setting::new("redis.channel"),
];

/// The longest name of a channel, in bytes.
const CHANNEL_BYTES_MAX: usize = 100;

/// A Redis server, or one that speaks like it.
#[derive(Debug, Clone)]
pub struct Redis {
    /// `redis://` or `rediss://`, with user and password if it wants them.
    pub url: Secret,
    /// The certificate authorities to trust for `rediss://` instead of the public ones, as PEM.
    pub ca_file: Option<PathBuf>,
    /// Where hints are published. All replicas of one database use the same.
    pub channel: String,
}

impl Redis {
    /// None: this process is the only one, or the others are told by the database alone.
    pub(super) fn read(reader: &mut Reader) -> Result<Option<Self>, Reported> {
        let url = reader.optional("redis.url", redis_url);
        let addr = reader.optional("redis.addr", redis_addr);
        let password = reader.optional("redis.password", |text| Ok(text.to_owned()));
        let ca_file = reader.path("redis.ca_file");
        let channel = reader.required("redis.channel", channel);
        let (url, addr, password, ca_file, channel) = (url?, addr?, password?, ca_file?, channel?);
        let url = match (url, addr) {
            (Some(_), Some(_)) => {
                let wrong = Wrong::new("is set beside redis.url").hint("keep one of the two");
                return Err(reader.report("redis.addr", wrong));
            }
            (Some(_), None) if password.is_some() => {
                let wrong = Wrong::new("is set beside redis.url, which has a place for it")
                    .hint("write rediss://user:password@host:port, or use redis.addr");
                return Err(reader.report("redis.password", wrong));
            }
            (Some(url), None) => url,
            (None, Some(addr)) => {
                let password = password.map_or(String::new(), |password| format!(":{}@", percent_encoded(&password)));
                Secret::new(format!("redis://{password}{addr}"))
            }
            (None, None) if password.is_some() => {
                let wrong = Wrong::new("is set, but nothing says where Redis is").hint("set redis.addr or redis.url");
                return Err(reader.report("redis.password", wrong));
            }
            (None, None) => return Ok(None),
        };
        Ok(Some(Self { url, ca_file, channel }))
    }

    /// Whether this is the same server and channel, whoever signs in there.
    pub fn is_same_but_for_password(&self, other: &Self) -> bool {
        let place = |redis: &Self| {
            let info = redis.url.expose().into_connection_info().ok()?;
            Some((info.addr().clone(), info.redis_settings().db()))
        };
        place(self) == place(other) && self.ca_file == other.ca_file && self.channel == other.channel
    }
}

/// What is wrong is said without the URL, which may hold a password.
fn redis_url(text: &str) -> Result<Secret, Wrong> {
    let example = "write it like redis://host:6379 or rediss://user:password@host:6379";
    if !["redis://", "rediss://", "redis+unix://", "unix://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Err(Wrong::new("is not a URL of Redis: it must begin with redis:// or rediss://").hint(example));
    }
    if redis::parse_redis_url(text).is_none() {
        return Err(Wrong::new("is not a URL that can be used").hint(example));
    }
    Ok(Secret::new(text))
}

/// `host:port`, as older deployments give it.
fn redis_addr(text: &str) -> Result<String, Wrong> {
    let example = "write it like redis:6379";
    let with_port = if text.contains(':') { text.to_owned() } else { format!("{text}:6379") };
    let fits = !text.contains(['/', '@']) && redis::parse_redis_url(&format!("redis://{with_port}")).is_some();
    if text.is_empty() || !fits {
        return Err(Wrong::new("is not an address of the form host:port").hint(example));
    }
    Ok(with_port)
}

fn channel(text: &str) -> Result<String, Wrong> {
    let fits = (1..=CHANNEL_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Wrong::new(format!("must be 1 to {CHANNEL_BYTES_MAX} letters, digits and signs of ASCII, without spaces")))
    }
}

/// As it stands before the `@` of a URL.
fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_is_no_other_server() {
        let redis = |url: &str| Redis { url: Secret::new(url), ca_file: None, channel: "quibble".to_owned() };
        let old = redis("rediss://me:old@redis.example.org:6379/0");
        for (url, is_same) in [
            ("rediss://me:new@redis.example.org:6379", true),
            ("rediss://:new@redis.example.org", true),
            ("redis://me:old@redis.example.org:6379", false),
            ("rediss://me:old@redis.example.org:6380", false),
            ("rediss://me:old@redis.example.org:6379/1", false),
        ] {
            assert_eq!(old.is_same_but_for_password(&redis(url)), is_same, "{url}");
        }
    }
}
