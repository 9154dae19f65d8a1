//! Signing in where a person has to confirm it, in the real window: the code of a device against moto's STS, and IAM
//! Identity Center's device flow against a stand-in. No server of that exists that can be had here: the stand-in answers
//! as AWS publishes it, and the window says that the real service was not met.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use aloft_base::Workspace;
use aloft_base::connection::{self, Provider, SignIn, Spec};
use aloft_rigs::Moto;
use aloft_tests::desktop::Desktop;
use aloft_tests::driver::{like, named};
use aloft_tests::keychain::Keychain;
use aloft_tests::program::output_folder;
use aloft_tests::window::Window;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// A token that must be found nowhere but in the keychain.
const PLANTED: &str = "pl4nted-access-token";

const PENDING: u8 = 0;
const CONFIRMED: u8 = 1;
const DENIED: u8 = 2;

/// The device flow as SSO OIDC and the access portal publish it.
struct StandIn {
    url: String,
    /// What the person did in the browser.
    person: Arc<AtomicU8>,
}

impl StandIn {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let person = Arc::new(AtomicU8::new(PENDING));
        let seen = Arc::clone(&person);
        // It ends with the test's process.
        std::thread::Builder::new().name("stand-in".into()).spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                // Who hangs up in the middle is no matter.
                drop(answer(stream, seen.load(Ordering::SeqCst)));
            }
        })?;
        Ok(Self { url, person })
    }
}

fn answer(stream: TcpStream, person: u8) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut length, mut token) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse()?,
            "x-amz-sso_bearer_token" => value.trim().clone_into(&mut token),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default();
    let refused = |code: &str, error: &str| (400, code.to_owned(), json!({ "error": error }));
    let good = |value: Value| (200, String::new(), value);
    let now_secs = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let (status, code, value) = match path.split('?').next().unwrap_or_default() {
        "/client/register" => good(json!({
            "clientId": "client", "clientSecret": "client-secret",
            "clientIdIssuedAt": now_secs, "clientSecretExpiresAt": now_secs + 3600,
        })),
        "/device_authorization" if body["startUrl"] == "https://corp.awsapps.com/start" => good(json!({
            "deviceCode": "device", "userCode": "BDFG-HJKL", "expiresIn": 600, "interval": 1,
            "verificationUri": "https://device.sso.eu-central-1.amazonaws.com/",
            "verificationUriComplete": "https://device.sso.eu-central-1.amazonaws.com/?user_code=BDFG-HJKL",
        })),
        "/token" if body["deviceCode"] != "device" => refused("InvalidGrantException", "invalid_grant"),
        "/token" => match person {
            CONFIRMED => good(json!({ "accessToken": PLANTED, "tokenType": "Bearer", "expiresIn": 28_800 })),
            DENIED => refused("AccessDeniedException", "access_denied"),
            _ => refused("AuthorizationPendingException", "authorization_pending"),
        },
        "/federation/credentials" if token == PLANTED => good(json!({ "roleCredentials": {
            "accessKeyId": "ASIAROLE", "secretAccessKey": "s", "sessionToken": "t",
            "expiration": (now_secs + 3600) * 1000,
        }})),
        _ => refused("InvalidRequestException", "invalid_request"),
    };
    let text = value.to_string();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nx-amzn-ErrorType: {code}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{text}",
        text.len()
    )?;
    Ok(())
}

fn picture(desktop: &Desktop, name: &str) -> Result<()> {
    desktop.screenshot(&output_folder("window-sign-in")?.join(format!("{name}.png")))
}

fn window<'d>(desktop: &'d Desktop, moto: &Moto, stand_in: &StandIn) -> Result<Window<'d>> {
    let environment = [
        ("AWS_ACCESS_KEY_ID", moto.access_key()),
        ("AWS_SECRET_ACCESS_KEY", moto.secret_key()),
        ("AWS_ENDPOINT_URL_STS", &moto.url()),
        ("AWS_ENDPOINT_URL_SSO", &stand_in.url),
        ("AWS_ENDPOINT_URL_SSO_OIDC", &stand_in.url),
    ];
    let window = Window::start_as(desktop, &desktop.folder().join("workspace"), &[], &environment)?;
    window.find(&named("This workspace is empty").within_secs(30.0))?;
    window.press(&named("Buckets"))?;
    Ok(window)
}

fn connect(desktop: &Desktop, moto: &Moto, name: &str, sign_in: SignIn) -> Result<String> {
    let workspace = Workspace::open(desktop.folder().join("workspace"))?;
    let spec = Spec {
        sign_in,
        endpoint: Some(moto.url()),
        region: Some("us-east-1".to_owned()),
        ..Spec::new(Provider::S3Compatible)
    };
    Ok(connection::add(&workspace, name, &spec)?.id)
}

#[test]
fn a_code_is_confirmed_in_the_browser_and_the_token_goes_to_the_keychain() {
    let (moto, stand_in) = (Moto::start(), StandIn::start().unwrap());
    let desktop = Desktop::start().unwrap();
    let keychain = Keychain::on(&desktop).unwrap();
    let sign_in = SignIn::IdentityCenter {
        start_url: "https://corp.awsapps.com/start".to_owned(),
        sso_region: "eu-central-1".to_owned(),
        account_id: "123456789012".to_owned(),
        role_name: "ReadOnly".to_owned(),
    };
    let id = connect(&desktop, &moto, "Company", sign_in).unwrap();
    let window = window(&desktop, &moto, &stand_in).unwrap();
    window.press(&named("Connection Company in the tree")).unwrap();
    window
        .find(&named("The sign-in did not work").within_secs(30.0))
        .unwrap();
    window.press(&named("Sign in…").role("button")).unwrap();
    window.find(&named("BDFG-HJKL").within_secs(30.0)).unwrap();
    window.find(&like("Waiting for you to confirm it")).unwrap();
    window.find(&like("not verified against the real service")).unwrap();
    picture(&desktop, "waiting").unwrap();

    // Refused in the browser: said, and it can be begun anew.
    stand_in.person.store(DENIED, Ordering::SeqCst);
    window.find(&like("was not confirmed").within_secs(30.0)).unwrap();
    picture(&desktop, "denied").unwrap();
    stand_in.person.store(PENDING, Ordering::SeqCst);
    window
        .press(&named("Try again").role("button").at(1))
        .or_else(|_| window.press(&named("Try again").role("button")))
        .unwrap();
    window.find(&named("BDFG-HJKL").within_secs(30.0)).unwrap();
    stand_in.person.store(CONFIRMED, Ordering::SeqCst);
    window.find(&like("^You are signed in for").within_secs(30.0)).unwrap();
    picture(&desktop, "signed-in").unwrap();
    let held = keychain.lookup(&id).unwrap().context("nothing is kept").unwrap();
    assert!(held.contains(PLANTED));
    window.press(&named("Done").role("button")).unwrap();
    // The list is there without being asked for again.
    window.find(&named("No buckets").within_secs(30.0)).unwrap();
    assert!(!window.tree().unwrap().contains(PLANTED));
    assert!(!window.printed().contains(PLANTED));
    window.close().unwrap();
}

#[test]
fn the_code_of_a_device_takes_a_role_for_this_session_where_there_is_no_keychain() {
    let (moto, stand_in) = (Moto::start(), StandIn::start().unwrap());
    let desktop = Desktop::start().unwrap();
    let sign_in = SignIn::Role {
        role_arn: "arn:aws:iam::123456789012:role/lab".to_owned(),
        profile: None,
        external_id: None,
        mfa_serial: Some("arn:aws:iam::123456789012:mfa/me".to_owned()),
    };
    connect(&desktop, &moto, "Guarded", sign_in).unwrap();
    let window = window(&desktop, &moto, &stand_in).unwrap();
    window.press(&named("Connection Guarded in the tree")).unwrap();
    window
        .find(&named("The sign-in did not work").within_secs(30.0))
        .unwrap();
    window.find(&like("mfa/me")).unwrap();
    window.press(&named("Sign in…").role("button")).unwrap();
    window
        .find(&named("Enter the six digits that the device shows").within_secs(10.0))
        .unwrap();
    window
        .fill(&named("Code of the device").role("entry"), "123456")
        .unwrap();
    picture(&desktop, "code").unwrap();
    window.press(&named("Sign in").role("button")).unwrap();
    // Nothing can keep it: the person chooses the session.
    window
        .find(&named("You are signed in, but it could not be kept").within_secs(60.0))
        .unwrap();
    picture(&desktop, "not-kept").unwrap();
    window.press(&named("This session only").role("radio button")).unwrap();
    window.press(&named("Keep").role("button")).unwrap();
    window.find(&like("^You are signed in for").within_secs(30.0)).unwrap();
    window.press(&named("Done").role("button")).unwrap();
    window.find(&named("No buckets").within_secs(30.0)).unwrap();
    window.close().unwrap();
}
