use super::super::tests::Fixture;
use super::super::{ApiToken, ConsoleLink, Session, SetupKind};
use super::*;
use crate::ids::TokenHash;

fn hash(secret: &str) -> TokenHash {
    TokenHash(secret.to_owned())
}

async fn host(f: &Fixture, name: &str, password_hash: Option<&str>) -> Account {
    f.store.insert_host(f.ids.uuid(), name, password_hash, 1_000).await.unwrap()
}

/// Opens a session and makes an API token, whose secrets are their names. Gives their ids.
async fn credentials(f: &Fixture, account: Uuid, session: &str, token: &str) -> [Uuid; 2] {
    let [session_id, token_id] = [f.ids.uuid(), f.ids.uuid()];
    let new = Session {
        id: session_id,
        account,
        user_agent: "test".to_owned(),
        created_at: 2_000,
        last_seen_at: 2_000,
        expires_at: 90_000,
    };
    f.store.insert_session(&new, &hash(session)).await.unwrap();
    let new = ApiToken {
        id: token_id,
        account,
        name: "test".to_owned(),
        prefix: token.to_owned(),
        created_at: 2_000,
        last_used_at: None,
    };
    f.store.insert_api_token(&new, &hash(token)).await.unwrap();
    [session_id, token_id]
}

async fn listed(f: &Fixture, name: &str) -> AccountListed {
    let accounts = f.store.accounts().await.unwrap();
    accounts.into_iter().find(|listed| listed.account.username == name).unwrap()
}

#[tokio::test]
async fn accounts_are_listed_with_when_they_were_seen() {
    let f = Fixture::new().await;
    let ann = host(&f, "Ann", None).await;
    let [_, token] = credentials(&f, ann.id, "session", "token").await;
    assert!(matches!(f.store.insert_host(f.ids.uuid(), "ANN", None, 1_000).await, Err(StoreError::Exists)));
    let names: Vec<_> = f.store.accounts().await.unwrap().into_iter().map(|listed| listed.account.username).collect();
    assert_eq!(names, ["owner", "Ann"]);
    let seen = listed(&f, "Ann").await;
    let expected = AccountListed { account: ann, created_at: 1_000, last_seen_at: Some(2_000), api_tokens: 1 };
    assert_eq!(seen, expected);
    f.store.touch_api_token(token, 3_000).await.unwrap();
    assert_eq!(listed(&f, "Ann").await.last_seen_at, Some(3_000));
    let owner = listed(&f, "owner").await;
    assert_eq!((owner.last_seen_at, owner.api_tokens), (None, 0));
}

#[tokio::test]
async fn a_disabled_account_has_no_credential_that_is_good() {
    let f = Fixture::new().await;
    let ann = host(&f, "Ann", Some("hash")).await;
    let ids = credentials(&f, ann.id, "session", "token").await;
    let others = credentials(&f, f.owner, "owner's session", "owner's token").await;
    let game = f.game("DSBL23").await.unwrap();
    let link = ConsoleLink { account: ann.id, game: game.id.0, made_by: ids[1], created_at: 2_000, expires_at: 90_000 };
    f.store.insert_console_link(&link, &hash("console")).await.unwrap();
    f.store.insert_account_link(ann.id, &hash("link"), 2_000, 90_000).await.unwrap();
    let hosts = [ids[0], ids[1], others[0], others[1], Uuid::nil()];
    let revoked = async || f.store.revoked(game.id, &hosts, 3_000).await.unwrap().hosts;
    assert!(revoked().await.is_empty());

    assert!(f.store.disable_account(ann.id, 3_000).await.unwrap());
    assert_eq!(revoked().await, ids.into());
    let (_, account) = f.store.api_token(&hash("token")).await.unwrap().unwrap();
    assert_eq!(account.disabled_at, Some(3_000));
    assert_eq!(f.store.account_named("ann").await.unwrap().unwrap().disabled_at, Some(3_000));
    assert!(f.store.session(&hash("session"), 3_000).await.unwrap().is_none());
    assert!(f.store.console_link(&hash("console"), 3_000).await.unwrap().is_none());
    assert!(f.store.setup_kind(&hash("link"), 3_000).await.unwrap().is_none());
    assert!(f.store.disable_account(ann.id, 4_000).await.unwrap(), "once more changes nothing");
    assert_eq!(listed(&f, "Ann").await.account.disabled_at, Some(3_000));
    // What another process began before it knew.
    credentials(&f, ann.id, "late session", "late token").await;
    let (_, account) = f.store.session(&hash("late session"), 5_000).await.unwrap().unwrap();
    assert!(account.disabled_at.is_some());

    assert!(f.store.enable_account(ann.id).await.unwrap());
    assert!(!f.store.enable_account(ann.id).await.unwrap());
    assert_eq!(revoked().await, [ids[0]].into(), "its token is good again, and its session is not");
    assert_eq!(f.store.account(ann.id).await.unwrap(), Some(ann));
}

#[tokio::test]
async fn somebody_who_can_sign_in_is_left() {
    let f = Fixture::new().await;
    let disable = async |account: Uuid| f.store.disable_account(account, 3_000).await.unwrap();
    assert!(!disable(f.owner).await, "there is nobody else");
    let ann = host(&f, "Ann", None).await;
    assert!(!disable(f.owner).await, "nobody else has a password");
    f.store.set_password(ann.id, "hash", None, 2_000).await.unwrap();
    f.store.insert_setup_link(&hash("owner"), 2_000, 90_000).await.unwrap();
    let game = f.game("DSBL23").await.unwrap();
    let developer = async || f.store.revoked(game.id, &[Uuid::nil()], 3_000).await.unwrap().hosts;
    assert!(developer().await.is_empty());
    assert!(disable(f.owner).await);
    assert_eq!(developer().await.len(), 1, "DEV_AUTH_TOKEN is the owner's");
    assert!(!disable(ann.id).await, "the owner is out already");
    for made in ["owner", "later"] {
        // One may come from a process that did not know.
        f.store.insert_setup_link(&hash(made), 3_000, 90_000).await.unwrap();
        assert!(f.store.setup_kind(&hash(made), 4_000).await.unwrap().is_none(), "{made}");
        let new = NewOwner { id: f.ids.uuid(), username: "Eve", password_hash: "hash" };
        assert!(f.store.spend_setup_link(&hash(made), &new, 4_000).await.unwrap().is_none(), "{made}");
    }
    f.store.enable_account(f.owner).await.unwrap();
    // Of two that disable each other, one does.
    let (one, two) = tokio::join!(disable(f.owner), disable(ann.id));
    assert!(one != two);
}

#[tokio::test]
async fn a_link_sets_the_password_of_its_account_once_and_in_time() {
    let f = Fixture::new().await;
    let (ann, bob) = (host(&f, "Ann", None).await, host(&f, "Bob", Some("old")).await);
    f.store.insert_account_link(ann.id, &hash("older"), 1_000, 5_000).await.unwrap();
    f.store.insert_account_link(ann.id, &hash("ann"), 1_000, 5_000).await.unwrap();
    f.store.insert_account_link(bob.id, &hash("bob"), 1_000, 5_000).await.unwrap();
    credentials(&f, ann.id, "session", "token").await;
    let kind = async |link: &str, at| f.store.setup_kind(&hash(link), at).await.unwrap();
    assert_eq!(kind("older", 2_000).await, None, "an account has one");
    assert_eq!(kind("ann", 4_999).await, Some(SetupKind::Recovery(ann.clone())));
    assert_eq!(kind("ann", 5_000).await, None);
    let spend = async |link: &str, at| {
        let new = NewOwner { id: f.ids.uuid(), username: "Eve", password_hash: "new" };
        f.store.spend_setup_link(&hash(link), &new, at).await.unwrap()
    };
    assert_eq!(spend("ann", 5_000).await, None, "too late");
    let (one, other) = tokio::join!(spend("ann", 4_000), spend("ann", 4_000));
    let now = Account { password_hash: Some("new".to_owned()), ..ann };
    assert_eq!([&one, &other].into_iter().flatten().collect::<Vec<_>>(), [&now], "of two, one; the name stays");
    assert!(f.store.session(&hash("session"), 4_000).await.unwrap().is_none());
    assert!(f.store.api_token(&hash("token")).await.unwrap().is_some());
    assert_eq!(f.store.revoke_api_tokens(now.id).await.unwrap(), 1);
    assert!(f.store.api_token(&hash("token")).await.unwrap().is_none());
    assert_eq!(f.store.owner().await.unwrap().unwrap().password_hash, None, "the owner is another");

    assert!(kind("bob", 4_000).await.is_some());
    f.store.set_password(bob.id, "newer", None, 4_000).await.unwrap();
    assert_eq!(kind("bob", 4_000).await, None, "a new password ends a link");
}

#[tokio::test]
async fn the_owner_is_made_once() {
    let f = Fixture::new().await;
    host(&f, "Ann", Some("hash")).await;
    let make = async |username: &str| {
        let new = NewOwner { id: f.ids.uuid(), username, password_hash: "hash" };
        f.store.make_owner(&new, 2_000).await
    };
    assert!(matches!(make("ann").await, Err(StoreError::Exists)));
    f.store.insert_setup_link(&hash("link"), 1_000, 9_000).await.unwrap();
    let (one, two) = tokio::join!(make("Pat"), make("Sam"));
    let owners: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
    assert_eq!(owners.len(), 1);
    assert_eq!(f.store.owner().await.unwrap().as_ref(), owners.first());
    assert_eq!((owners[0].id, owners[0].role), (f.owner, AccountRole::Owner), "who has the samples");
    assert!(f.store.setup_kind(&hash("link"), 2_000).await.unwrap().is_none(), "the link of the first start ends");
}
