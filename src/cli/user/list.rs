//! `quibble user list`: who has an account.

use super::Accounts;
use crate::clock::rfc3339;
use crate::config::Config;
use crate::store::{AccountListed, AccountRole};
use serde_json::{Value, json};

/// Prints the accounts, the oldest first.
///
/// # Errors
/// In words, when they cannot be read.
pub async fn run(as_json: bool, config: &Config) -> anyhow::Result<()> {
    let accounts = Accounts::open(config).await?;
    let listed = accounts.store().accounts().await?;
    accounts.close().await;
    if as_json {
        println!("{:#}", listed.iter().map(described).collect::<Value>());
    } else {
        print!("{}", table(&listed));
    }
    Ok(())
}

fn described(listed: &AccountListed) -> Value {
    let AccountListed { account, created_at, last_seen_at, api_tokens } = listed;
    json!({
        "id": account.id,
        "name": account.username,
        "role": role(account.role),
        "created_at": rfc3339(*created_at),
        "last_seen_at": last_seen_at.map(rfc3339),
        "has_password": account.password_hash.is_some(),
        "api_tokens": api_tokens,
        "disabled_at": account.disabled_at.map(rfc3339),
    })
}

fn table(listed: &[AccountListed]) -> String {
    let head = ["NAME", "ROLE", "MADE", "LAST SEEN", "TOKENS", "STATE"].map(str::to_owned);
    let row = |listed: &AccountListed| {
        let state = match (listed.account.disabled_at, &listed.account.password_hash) {
            (Some(at), _) => format!("disabled since {}", minute(at)),
            (None, None) => "no password yet".to_owned(),
            (None, Some(_)) => "can sign in".to_owned(),
        };
        [
            listed.account.username.clone(),
            role(listed.account.role).to_owned(),
            minute(listed.created_at),
            listed.last_seen_at.map_or_else(|| "-".to_owned(), minute),
            listed.api_tokens.to_string(),
            state,
        ]
    };
    let rows: Vec<_> = std::iter::once(head).chain(listed.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [names, roles, mades, seens, counts] = [0, 1, 2, 3, 4].map(width);
    let line = |[name, role, made, seen, tokens, state]: &[String; 6]| {
        format!("{name:names$}  {role:roles$}  {made:mades$}  {seen:seens$}  {tokens:>counts$}  {state}\n")
    };
    rows.iter().map(line).collect()
}

fn role(role: AccountRole) -> &'static str {
    match role {
        AccountRole::Host => "host",
        AccountRole::Owner => "owner",
    }
}

/// An instant for people, in UTC.
fn minute(ms: i64) -> String {
    rfc3339(ms).chars().take("2026-11-26T22:04".len()).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Account;
    use uuid::Uuid;

    #[test]
    fn columns_stand_below_each_other() {
        let account = |username: &str, role, has_password: bool, disabled_at| Account {
            id: Uuid::nil(),
            username: username.to_owned(),
            role,
            password_hash: has_password.then(String::new),
            disabled_at,
        };
        let listed = |account, last_seen_at, api_tokens| AccountListed {
            account,
            created_at: 1_795_291_200_123,
            last_seen_at,
            api_tokens,
        };
        insta::assert_snapshot!(
            table(&[
                listed(account("Pat", AccountRole::Owner, true, None), Some(1_795_291_260_000), 12),
                listed(account("Jürgen Österreich", AccountRole::Host, false, None), None, 0),
                listed(account("Ann", AccountRole::Host, true, Some(1_795_291_320_000)), None, 1),
            ]),
            @"
        NAME               ROLE   MADE              LAST SEEN         TOKENS  STATE
        Pat                owner  2026-11-21 20:00  2026-11-21 20:01      12  can sign in
        Jürgen Österreich  host   2026-11-21 20:00  -                      0  no password yet
        Ann                host   2026-11-21 20:00  -                      1  disabled since 2026-11-21 20:02
        "
        );
    }
}
