use super::*;
use crate::store::contract::Bench;
use crate::store::{Address, ApiToken};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";
const DEV_TOKEN: &str = "the developer's";

/// Checks of accounts in a database of its own.
struct Scene {
    auth: Auth,
    store: Store,
    ids: Ids,
    clock: Clock,
    ann: Account,
    _dir: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&Address::File(dir.path().join("quibble.db"))).await.unwrap();
        let clock = Clock::manual(1_000_000);
        let ids = Ids::seeded(clock.clone(), 1);
        let auth = Auth::new(store.clone(), clock.clone(), ids.clone(), Passwords::new(ids.clone()), Some(DEV_TOKEN));
        auth.create_owner("Pat", PASSWORD.to_owned()).await.unwrap().unwrap();
        let ann = auth.create_host("Ann", Some(PASSWORD.to_owned())).await.unwrap();
        Self { auth, store, ids, clock, ann, _dir: dir }
    }

    async fn disable(&self, account: Uuid) {
        assert!(self.store.disable_account(account, self.clock.now_ms()).await.unwrap());
    }

    async fn sign_in(&self, password: &str) -> Result<Token, AuthError> {
        self.auth.sign_in("ann", password.to_owned(), "test").await.map(|(_, token)| token)
    }
}

#[tokio::test]
async fn a_disabled_account_is_refused_whatever_it_shows() {
    let scene = Scene::new().await;
    let Scene { auth, store, ids, ann, .. } = &scene;
    let secret = ids.token();
    let token = ApiToken {
        id: ids.uuid(),
        account: ann.id,
        name: "test".to_owned(),
        prefix: String::new(),
        created_at: 1,
        last_used_at: None,
    };
    store.insert_api_token(&token, &secret.hash()).await.unwrap();
    let session = scene.sign_in(PASSWORD).await.unwrap();
    assert!(auth.session(&session).await.unwrap().is_some());
    let caller = auth.bearer(&secret).await.unwrap().unwrap();

    scene.disable(ann.id).await;
    let wrong = scene.sign_in("wrong horse battery").await.unwrap_err();
    let right = scene.sign_in(PASSWORD).await.unwrap_err();
    assert!(matches!(right, AuthError::BadCredentials), "{right}");
    assert_eq!(right.to_string(), wrong.to_string(), "nobody learns that it was the right one");
    assert!(auth.bearer(&secret).await.unwrap().is_none());
    // What began in other processes before they knew.
    let late = auth.open_session(ann, "test").await.unwrap();
    assert!(auth.session(&late).await.unwrap().is_none());
    let bench = Bench { store: store.clone(), ids: ids.clone() };
    let game = bench.game("ABC234").await.unwrap().id.0;
    let (console, _) = auth.new_console_link(&Caller { account: ann.clone(), ..caller }, game).await.unwrap();
    assert!(matches!(auth.console_link(&console).await, Err(AuthError::ConsoleLinkSpent)));
    assert!(matches!(auth.use_console_link(&console, "test").await, Err(AuthError::ConsoleLinkSpent)));
    let link = auth.new_account_link(ann).await.unwrap();
    assert!(matches!(auth.setup_kind(&link).await, Err(AuthError::LinkSpent)));
    let set_up = auth.set_up(&link, "", "another horse battery".to_owned()).await;
    assert!(matches!(set_up, Err(AuthError::LinkSpent)));

    assert!(store.enable_account(ann.id).await.unwrap());
    assert!(scene.sign_in(PASSWORD).await.is_ok());
    assert!(auth.bearer(&secret).await.unwrap().is_some());
    assert!(auth.session(&session).await.unwrap().is_none(), "whoever was signed in is not");
}

#[tokio::test]
async fn the_token_for_development_is_refused_with_its_owner() {
    let scene = Scene::new().await;
    let shown = Token::claimed(DEV_TOKEN);
    assert!(scene.auth.bearer(&shown).await.unwrap().is_some());
    scene.disable(scene.store.owner().await.unwrap().unwrap().id).await;
    assert!(scene.auth.bearer(&shown).await.unwrap().is_none());
}

#[tokio::test]
async fn a_new_password_and_a_link_let_somebody_in_and_others_out() {
    let scene = Scene::new().await;
    let (auth, ann) = (&scene.auth, &scene.ann);
    let session = scene.sign_in(PASSWORD).await.unwrap();
    auth.reset_password(ann, "another horse battery".to_owned()).await.unwrap();
    assert!(auth.session(&session).await.unwrap().is_none());
    assert!(scene.sign_in(PASSWORD).await.is_err());
    assert!(scene.sign_in("another horse battery").await.is_ok());

    let link = auth.new_account_link(ann).await.unwrap();
    let kind = auth.setup_kind(&link).await.unwrap();
    assert!(matches!(&kind, SetupKind::Recovery(account) if account.id == ann.id), "{kind:?}");
    let set_up = auth.set_up(&link, "", "third horse battery".to_owned()).await.unwrap();
    assert_eq!((set_up.id, set_up.username.as_str()), (ann.id, "Ann"));
    assert!(scene.sign_in("third horse battery").await.is_ok());
    scene.clock.advance(SETUP_LINK_TTL);
    assert!(matches!(auth.set_up(&link, "", PASSWORD.to_owned()).await, Err(AuthError::LinkSpent)));
    assert!(auth.create_owner("Sam", PASSWORD.to_owned()).await.unwrap().is_none(), "there is one");
}
