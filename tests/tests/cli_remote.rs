//! Are tables in buckets previewed, opened, profiled and trained on as those of this machine?

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]

use std::any::Any;
use std::fmt::Write as _;
use std::sync::Arc;

use aloft_base::connection::{self, Provider, SignIn, Spec};
use aloft_base::secret::Secrets;
use aloft_base::{Redacted, Workspace};
use aloft_cloud::{Address, PutOptions, Session, Store};
use aloft_rigs::{Azurite, FakeGcsServer, SeaweedFs};
use aloft_tests::program::sample;
use aloft_tests::terminal::{Said, Terminal};
use polars::prelude::{DataFrame, IntoColumn, NamedFrom, ParquetWriter, Series, df};
use serde_json::Value;

/// A server with a bucket, and a terminal whose environment leads there.
struct Rig {
    terminal: Terminal,
    /// What leads to the server.
    environment: Vec<(&'static str, String)>,
    url: String,
    secret: String,
    server: Box<dyn Any>,
    session: Session,
    store: Arc<dyn Store>,
}

impl Rig {
    fn start() -> Self {
        let server = SeaweedFs::start();
        let spec = Spec {
            sign_in: SignIn::Keys {
                access_key_id: server.access_key().to_owned(),
            },
            endpoint: Some(server.url()),
            ..Spec::new(Provider::S3Compatible)
        };
        let environment = vec![
            ("AWS_ENDPOINT_URL", server.url()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", server.access_key().to_owned()),
            ("AWS_SECRET_ACCESS_KEY", server.secret_key().to_owned()),
        ];
        let (url, secret) = (server.url(), server.secret_key());
        Self::before(&spec, Some(("secret_access_key", secret)), environment, url, server)
    }

    fn azurite() -> Self {
        let server = Azurite::start();
        let spec = Spec {
            sign_in: SignIn::AccountKey,
            endpoint: Some(server.url()),
            account: Some(server.account().to_owned()),
            ..Spec::new(Provider::Azure)
        };
        let connection = format!(
            "DefaultEndpointsProtocol=http;AccountName={};AccountKey={};BlobEndpoint={}",
            server.account(),
            server.key(),
            server.url()
        );
        let environment = vec![("AZURE_STORAGE_CONNECTION_STRING", connection)];
        let (url, secret) = (server.url(), server.key());
        Self::before(&spec, Some(("account_key", secret)), environment, url, server)
    }

    fn google(url: String, server: impl Any) -> Self {
        let spec = Spec {
            endpoint: Some(url.clone()),
            ..Spec::new(Provider::Gcs)
        };
        let environment = vec![("STORAGE_EMULATOR_HOST", url.clone())];
        Self::before(&spec, None, environment, url, server)
    }

    fn before(
        spec: &Spec,
        secret: Option<(&str, &str)>,
        environment: Vec<(&'static str, String)>,
        url: String,
        server: impl Any,
    ) -> Self {
        let secrets = secret.map(|(name, value)| (name.to_owned(), Redacted::new(value.to_owned())));
        let session = Session::start(1).unwrap();
        let store = aloft_cloud::open("rig", spec, &Secrets::from_iter(secrets)).unwrap();
        session.wait(store.create_bucket("lake")).unwrap();
        Self {
            terminal: Terminal::open().unwrap(),
            environment,
            url,
            secret: secret.map_or("no secret at all", |(_, value)| value).to_owned(),
            server: Box::new(server),
            session,
            store,
        }
    }

    fn put(&self, key: &str, content: impl Into<Vec<u8>>) {
        let content: Vec<u8> = content.into();
        let (at, options) = (Address::new("lake", key), PutOptions::default());
        let put = self.store.put(&at, content.into(), &options);
        self.session.wait(put).unwrap();
    }

    fn json(&self, arguments: &[&str]) -> Said {
        let mut command = self.terminal.command(arguments).unwrap();
        command
            .arg("--json")
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE")
            .envs(self.environment.clone());
        let said = Said::of(command.output().unwrap()).unwrap();
        for text in [&said.stdout, &said.stderr] {
            assert!(!text.contains(&self.secret), "{text}");
        }
        said
    }

    fn answer(&self, arguments: &[&str]) -> Value {
        let said = self.json(arguments);
        said.answer()
            .unwrap_or_else(|error| panic!("{arguments:?}: {error:#}\n{}", said.stderr))
    }
}

fn parquet(frame: &mut DataFrame) -> Vec<u8> {
    let mut bytes = vec![];
    ParquetWriter::new(&mut bytes).finish(frame).unwrap();
    bytes
}

/// Rows whose class follows from `x`.
fn part(rows: usize, shift: usize) -> DataFrame {
    let numbers: Vec<f64> = (0..rows).map(|row| ((row * 37 + shift) % 101) as f64).collect();
    let classes: Vec<&str> = numbers.iter().map(|x| if *x < 50.0 { "low" } else { "high" }).collect();
    let other: Vec<i64> = (0..rows).map(|row| (row % 7) as i64).collect();
    df!("x" => numbers, "other" => other, "class" => classes).unwrap()
}

#[test]
fn objects_are_previewed_from_few_of_their_bytes() {
    let rig = Rig::start();
    let mut generator = aloft_base::random::Generator::stream(1, "noise");
    let columns = (0..4).map(|number| {
        let noise: Vec<f64> = (0..500_000).map(|_| generator.uniform()).collect();
        Series::new(format!("c{number}").into(), noise).into_column()
    });
    let mut frame = DataFrame::new_infer_height(columns.collect()).unwrap();
    let bytes = parquet(&mut frame);
    let total = bytes.len() as u64;
    rig.put("deep/large.parquet", bytes);
    let preview = &rig.answer(&["preview", "s3://lake/deep/large.parquet"])["preview"];
    assert_eq!(
        (preview["kind"].as_str(), preview["rows"].as_u64()),
        (Some("table"), Some(500_000))
    );
    assert_eq!(preview["head"][3]["cells"].as_array().unwrap().len(), 100);
    assert_eq!(preview["bytes_total"].as_u64(), Some(total));
    let read = preview["bytes_read"].as_u64().unwrap();
    assert!(read < total / 2, "{read} of {total}");

    let mut text = String::from("a;b\n");
    for row in 0..50_000 {
        writeln!(text, "{row};ä{row}").unwrap();
    }
    rig.put("odd name (1).csv", text);
    let preview = &rig.answer(&["preview", "s3://lake/odd name (1).csv"])["preview"];
    assert_eq!(preview["bytes_read"], 65_536);
    assert_eq!(preview["head"][1]["cells"][99], "ä99");

    let said = rig.json(&["preview", "s3://lake/none.csv"]);
    said.refused(2, "not_found").unwrap();
    let said = rig.json(&["preview", "s3://lake/deep/"]);
    said.refused(2, "invalid").unwrap();
}

#[test]
fn a_text_is_brought_here_once_and_again_when_it_changed() {
    let rig = Rig::start();
    let penguins = std::fs::read(sample("penguins.csv")).unwrap();
    rig.put("zoo/penguins.csv", penguins.clone());
    let url = "s3://lake/zoo/penguins.csv";
    let opened = rig.answer(&["open", url]);
    assert_eq!(opened["dataset"]["path"], url);
    assert_eq!(opened["dataset"]["source"]["remote"]["url"], url);
    let local = rig
        .terminal
        .answer(&["profile", sample("penguins.csv").to_str().unwrap()])
        .unwrap();
    assert_eq!(rig.answer(&["profile", url]), local);

    let run = rig.answer(&["train", url, "--target", "species", "--epochs", "3"]);
    assert!(run["recipe"].as_str().unwrap().contains(url));

    // Another content is another dataset content, and the run on the old one cannot go on with it.
    let mut longer = penguins;
    longer.extend(b"Gentoo,Biscoe,50.0,15.0,220,5000,female,2009\n");
    rig.put("zoo/penguins.csv", longer);
    let again = rig.answer(&["open", url]);
    assert_eq!(again["dataset"]["id"], opened["dataset"]["id"]);
    assert_ne!(again["dataset"]["key"], opened["dataset"]["key"]);
    assert_eq!(rig.answer(&["profile", url])["rows"], 345);

    // With the server gone the copy serves, and says so.
    let Rig {
        terminal,
        server,
        environment,
        ..
    } = rig;
    drop(server);
    let mut command = terminal.command(&["open", url, "--json"]).unwrap();
    command.envs(environment);
    let offline = Said::of(command.output().unwrap()).unwrap().answer().unwrap();
    assert_eq!(offline["dataset"]["key"], again["dataset"]["key"]);
    let note = offline["notes"][0].as_str().unwrap();
    assert!(note.starts_with("The bucket cannot be reached"), "{note}");
}

#[test]
fn partitioned_parquet_is_read_where_it_is() {
    let rig = Rig::start();
    // A folder of the same form above is no column.
    for (number, (year, month)) in [(2023, 1), (2023, 2), (2024, 1)].into_iter().enumerate() {
        let key = format!("team=a/sales/year={year}/month={month}/part-0.parquet");
        rig.put(&key, parquet(&mut part(120, number)));
    }
    rig.put("team=a/sales/_SUCCESS", "");
    let url = "s3://lake/team=a/sales/";
    let opened = rig.answer(&["open", url]);
    assert_eq!(opened["notes"][0], "3 files are read where they are.");
    let profile = rig.answer(&["profile", url]);
    assert_eq!(profile["rows"], 360);
    let names: Vec<&str> = profile["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["x", "other", "class", "year", "month"]);
    assert_eq!(
        (&profile["columns"][3]["min"], &profile["columns"][3]["max"]),
        (&2023.into(), &2024.into())
    );

    let run = rig.answer(&["train", url, "--target", "class", "--epochs", "3"]);
    assert_eq!(run["state"], "done");
    assert!(run["recipe"].as_str().unwrap().contains(url));
    let pattern = "s3://lake/team=a/sales/year=2023/**/*.parquet";
    assert_eq!(rig.answer(&["profile", pattern])["rows"], 240);
    let single = "s3://lake/team=a/sales/year=2024/month=1/part-0.parquet";
    let alone = rig.answer(&["profile", single]);
    assert_eq!(
        (&alone["rows"], alone["columns"].as_array().unwrap().len()),
        (&120.into(), 3)
    );

    rig.put(
        "team=a/sales/year=2025/month=1/part-0.parquet",
        parquet(&mut part(40, 9)),
    );
    let again = rig.answer(&["open", url]);
    assert_ne!(again["dataset"]["key"], opened["dataset"]["key"]);
    assert_eq!(rig.answer(&["profile", url])["rows"], 400);

    // The same files in a folder of this machine are the same table.
    let folder = rig.terminal.folder().join("team=b");
    for year in [2023, 2024] {
        let inside = folder.join(format!("year={year}"));
        std::fs::create_dir_all(&inside).unwrap();
        std::fs::write(inside.join("a.parquet"), parquet(&mut part(50, 0))).unwrap();
    }
    let profile = rig.answer(&["profile", folder.to_str().unwrap()]);
    assert_eq!(
        (&profile["rows"], &profile["columns"][3]["name"]),
        (&100.into(), &"year".into())
    );
}

#[test]
fn a_recipe_names_an_address_and_a_connection() {
    let rig = Rig::start();
    rig.put("a.parquet", parquet(&mut part(200, 3)));
    let spec = Spec {
        sign_in: SignIn::Environment,
        endpoint: Some(rig.url.clone()),
        region: Some("us-east-1".to_owned()),
        ..Spec::new(Provider::S3Compatible)
    };
    let workspace = Workspace::open(rig.terminal.workspace()).unwrap();
    connection::add(&workspace, "Lab", &spec).unwrap();
    let recipe = r#"
version = 1
[data]
path = "s3://lake/a.parquet"
connection = "Lab"
[target]
column = "class"
task = "binary"
[features]
include = ["x", "other"]
[split]
method = "stratified"
valid = 0.2
test = 0.2
[model]
kind = "linear"
[training]
epochs = 2
"#;
    let path = rig.terminal.file("recipe.toml", recipe).unwrap();
    let run = rig.answer(&["run", &path]);
    assert_eq!(run["state"], "done");
    assert!(run["recipe"].as_str().unwrap().contains("connection = \"Lab\""));
    let wrong = recipe.replace("\"Lab\"", "\"Nobody\"");
    let path = rig.terminal.file("wrong.toml", wrong).unwrap();
    rig.json(&["run", &path]).refused(2, "not_found").unwrap();
    let wrong = recipe.replace("s3://lake/a.parquet", "a.parquet");
    let path = rig.terminal.file("wrong.toml", wrong).unwrap();
    rig.json(&["run", &path]).refused(2, "invalid").unwrap();
}

/// Previews, profiles and trains on tables where they are, with a sign-in in the environment that is
/// another's and must not be used.
fn tables_are_read_where_they_are(rig: &Rig, scheme: &str) {
    for (number, year) in [2023, 2024].into_iter().enumerate() {
        let key = format!("sales/year={year}/part-0.parquet");
        rig.put(&key, parquet(&mut part(120, number)));
    }
    let at = |key: &str| format!("{scheme}://lake/{key}");
    let preview = &rig.answer(&["preview", &at("sales/year=2023/part-0.parquet")])["preview"];
    assert_eq!(
        (preview["kind"].as_str(), preview["rows"].as_u64()),
        (Some("table"), Some(120))
    );
    let alone = rig.answer(&["profile", &at("sales/year=2023/part-0.parquet")]);
    assert_eq!(alone["rows"], 120);
    let opened = rig.answer(&["open", &at("sales/")]);
    assert_eq!(opened["notes"][0], "2 files are read where they are.");
    let profile = rig.answer(&["profile", &at("sales/")]);
    assert_eq!(
        (&profile["rows"], &profile["columns"][3]["name"]),
        (&240.into(), &"year".into())
    );
    let run = rig.answer(&["train", &at("sales/"), "--target", "class", "--epochs", "2"]);
    assert_eq!(run["state"], "done");
    rig.put("zoo/penguins.csv", std::fs::read(sample("penguins.csv")).unwrap());
    assert_eq!(rig.answer(&["profile", &at("zoo/penguins.csv")])["rows"], 344);
    let said = rig.json(&["profile", &at("sales/none.parquet")]);
    said.refused(2, "not_found").unwrap();
}

#[test]
fn tables_at_azure_are_read_where_they_are() {
    let mut rig = Rig::azurite();
    rig.environment.extend([
        ("AZURE_STORAGE_TOKEN", "a stray token".to_owned()),
        ("AZURE_STORAGE_USE_EMULATOR", "true".to_owned()),
    ]);
    tables_are_read_where_they_are(&rig, "az");
}

/// The other imitation of Google answers no HEAD, with which polars asks for the size of a file.
#[test]
fn tables_at_google_are_read_where_they_are() {
    let server = FakeGcsServer::start();
    let mut rig = Rig::google(server.url(), server);
    rig.environment
        .push(("GOOGLE_SERVICE_ACCOUNT", "/no/such/key.json".to_owned()));
    tables_are_read_where_they_are(&rig, "gs");
}

#[test]
fn keys_in_the_environment_are_not_mixed_with_those_of_a_connection() {
    let mut rig = Rig::start();
    rig.put("a.parquet", parquet(&mut part(200, 3)));
    let keys = serde_json::json!({
        "Version": 1,
        "AccessKeyId": SeaweedFs::ACCESS_KEY,
        "SecretAccessKey": SeaweedFs::SECRET_KEY,
    });
    let path = rig.terminal.file("keys.json", keys.to_string()).unwrap();
    let spec = Spec {
        sign_in: SignIn::Process {
            command: format!("cat {path}"),
        },
        endpoint: Some(rig.url.clone()),
        region: Some("us-east-1".to_owned()),
        ..Spec::new(Provider::S3Compatible)
    };
    let workspace = Workspace::open(rig.terminal.workspace()).unwrap();
    connection::add(&workspace, "Lab", &spec).unwrap();
    // A server that is not there, and keys that no server knows.
    rig.environment = vec![
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9".to_owned()),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9".to_owned()),
        ("AWS_REGION", "eu-north-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "STRAY".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "stray".to_owned()),
        ("AWS_SESSION_TOKEN", "a stray token".to_owned()),
        ("AWS_SKIP_SIGNATURE", "true".to_owned()),
    ];
    let profile = rig.answer(&["profile", "s3://lake/a.parquet", "--connection", "Lab"]);
    assert_eq!(profile["rows"], 200);
}

#[test]
fn an_export_goes_into_a_bucket_as_one_object_or_partitioned() {
    let rig = Rig::start();
    let penguins = sample("penguins.csv").to_string_lossy().into_owned();
    let url = "s3://lake/out/heavy.parquet";
    let sql = "select species, body_mass_g as mass from penguins where body_mass_g > 5900";
    let written = rig.answer(&["query", sql, &penguins, "--out", url]);
    assert_eq!(
        (&written["rows"], &written["out"]),
        (&Value::from(6), &Value::from(url))
    );
    let again = rig.answer(&["query", "select max(mass) as m from heavy", url]);
    assert_eq!(again["rows"][0][0], 6300);

    let url = "s3://lake/parts/";
    let export = ["export", &penguins, url, "--partition-by", "species"];
    assert_eq!(rig.answer(&export)["rows"], 344);
    let sql = "select species, count(*) as n from parts group by species order by n";
    let again = rig.answer(&["query", sql, url]);
    assert_eq!(again["rows"][2], serde_json::json!(["Adelie", 152]));

    // Nothing waits here any more, and the transfers are in the list of jobs.
    let outgoing = rig.terminal.workspace().join("outgoing");
    assert_eq!(std::fs::read_dir(outgoing).unwrap().count(), 0);
    let jobs = rig.answer(&["jobs"]);
    let transfers = jobs["jobs"].as_array().unwrap().iter();
    assert_eq!(
        transfers
            .filter(|job| job["kind"] == "transfer" && job["state"] == "done")
            .count(),
        2
    );

    let said = rig.json(&["export", &penguins, "s3://no-such-bucket/a.csv"]);
    assert_ne!(said.code, Some(0));
    let said = rig.json(&["export", &penguins, "s3://lake/a.xlsx"]);
    said.refused(2, "invalid").unwrap();
}
