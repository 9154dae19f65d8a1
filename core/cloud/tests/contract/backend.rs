//! The storages under test: how each is reached, and what it takes.

use std::sync::Arc;

use aloft_base::Redacted;
use aloft_base::connection::{Provider, SignIn, Spec};
use aloft_base::secret::Secrets;
use aloft_cloud::{Store, open};
use bytes::Bytes;

/// A storage under test.
pub(crate) struct Backend {
    pub(crate) spec: Spec,
    pub(crate) secrets: Secrets,
    /// The same, with keys that must not be let in; nothing where nobody asks for keys.
    pub(crate) wrong: Option<Secrets>,
    /// Keys that are odd and must work all the same.
    pub(crate) odd_keys: Vec<String>,
    /// Keys that it must refuse, each before anything is written.
    pub(crate) refused_keys: Vec<&'static str>,
    pub(crate) quirks: Quirks,
    /// The server, for as long as the tests need it.
    _rig: Box<dyn std::any::Any + Send + Sync>,
}

/// Where a backend differs, by its nature or because the rig imitates it wrongly.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and any may come with any"
)]
pub(crate) struct Quirks {
    /// `limit` and tokens work. gcp-storage-emulator answers everything at once.
    pub(crate) pages: bool,
    /// Keys come in the order of their bytes. `SeaweedFS` puts a folder before what its name begins.
    pub(crate) order_of_keys: bool,
    /// A group is in one page only. fake-gcs-server begins each page with the groups before it.
    pub(crate) groups_once: bool,
    /// Conditions on reading and writing work.
    pub(crate) conditions: bool,
    /// Metadata and content types are kept. A folder has no place for them.
    pub(crate) metadata: bool,
    /// The uploads are told apart from nothing. Azure knows only blocks.
    pub(crate) knows_uploads: bool,
    /// Making a bucket of one's own again is refused. Amazon's first region, and so moto, lets it be.
    pub(crate) refuses_own_bucket: bool,
    /// A part of a lost upload is refused as such. moto fails by itself.
    pub(crate) refuses_lost_parts: bool,
    /// Uploads can be aborted. gcp-storage-emulator cannot forget one.
    pub(crate) aborts: bool,
    /// The status of an ordered upload is right.
    pub(crate) status: bool,
}

impl Quirks {
    const NONE: Self = Self {
        pages: true,
        order_of_keys: true,
        groups_once: true,
        conditions: true,
        metadata: true,
        knows_uploads: true,
        refuses_own_bucket: true,
        refuses_lost_parts: true,
        aborts: true,
        status: true,
    };
}

impl Backend {
    /// A store that knows nothing of those before it.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        open("Rig", &self.spec, &self.secrets).unwrap()
    }

    /// Leaves out the keys that a rig which keeps objects as paths cannot hold.
    fn without_path_keys(&mut self) {
        let paths = ["a//b", "./x", "a/./b", "a/../b", "..", "/leading", "trailing/"];
        self.odd_keys.retain(|key| !paths.contains(&key.as_str()));
    }

    /// A store and a new bucket in it.
    pub(crate) async fn bucket(&self, name: &str) -> (Arc<dyn Store>, String) {
        let store = self.store();
        let bucket = format!("contract-{name}");
        store.create_bucket(&bucket).await.unwrap();
        (store, bucket)
    }
}

/// Some bytes that are not the same everywhere.
pub(crate) fn bytes(length: usize) -> Bytes {
    (0..length)
        .map(|at| ((at * 31) ^ (at >> 8)) as u8)
        .collect::<Vec<u8>>()
        .into()
}

/// Odd keys that every object store takes.
fn odd_keys() -> Vec<String> {
    let long = |part: &str, length: usize| part.repeat(length / part.len() + 1)[..length].to_owned();
    let mut keys: Vec<String> = [
        "plain.csv",
        "with space and +plus&and=is?what#hash%25.csv",
        "ünï/çødé/日本語/🦀.csv",
        "a//b",
        "./x",
        "a/./b",
        "a/../b",
        "..",
        "trailing/",
        "/leading",
        "quote'\"<>`{}|^~[]",
        "back\\slash",
        ".hidden",
        "colon:semi;comma,at@dollar$star*bang!(paren)",
        " begins and ends with space ",
    ]
    .map(ToOwned::to_owned)
    .into();
    keys.push(long("0123456789/", 1024));
    keys
}

pub(crate) fn local() -> Backend {
    let root = tempfile::tempdir().unwrap();
    // A folder cannot hold what its paths cannot name.
    let refused_keys = vec!["a//b", "./x", "a/./b", "a/../b", "..", "/leading", "../escape", "nul\0"];
    let mut odd_keys = odd_keys();
    odd_keys.retain(|key| !refused_keys.contains(&key.as_str()) && key != "trailing/");
    Backend {
        spec: Spec {
            root: Some(root.path().display().to_string()),
            ..Spec::new(Provider::Local)
        },
        secrets: Secrets::new(),
        wrong: None,
        odd_keys,
        refused_keys,
        quirks: Quirks {
            metadata: false,
            ..Quirks::NONE
        },
        _rig: Box::new(root),
    }
}

fn secret(name: &str, value: &str) -> Secrets {
    Secrets::from([(name.to_owned(), Redacted::new(value.to_owned()))])
}

/// Azure takes a backslash for a slash, so that the object would get another name.
fn azure_keys() -> (Vec<String>, Vec<&'static str>) {
    let mut keys = odd_keys();
    keys.retain(|key| !key.contains('\\'));
    (keys, vec!["back\\slash"])
}

pub(crate) fn azurite() -> Backend {
    let (odd_keys, refused_keys) = azure_keys();
    let rig = aloft_rigs::Azurite::start();
    Backend {
        spec: Spec {
            sign_in: SignIn::AccountKey,
            endpoint: Some(rig.url()),
            account: Some(rig.account().to_owned()),
            ..Spec::new(Provider::Azure)
        },
        secrets: secret("account_key", rig.key()),
        wrong: Some(secret("account_key", "bm90IHRoZSBrZXk=")),
        odd_keys,
        refused_keys,
        quirks: Quirks {
            knows_uploads: false,
            ..Quirks::NONE
        },
        _rig: Box::new(rig),
    }
}

fn gcs(url: String, rig: impl std::any::Any + Send + Sync, quirks: Quirks) -> Backend {
    Backend {
        spec: Spec {
            endpoint: Some(url),
            ..Spec::new(Provider::Gcs)
        },
        secrets: Secrets::new(),
        wrong: None,
        odd_keys: odd_keys(),
        refused_keys: vec![],
        quirks,
        _rig: Box::new(rig),
    }
}

/// Its lists come in one page and begin where they like; it knows no conditions.
pub(crate) fn gcp_storage_emulator() -> Backend {
    let rig = aloft_rigs::GcpStorageEmulator::start();
    let quirks = Quirks {
        pages: false,
        conditions: false,
        aborts: false,
        ..Quirks::NONE
    };
    let mut backend = gcs(rig.url(), rig, quirks);
    // It keeps objects as paths of a file system in memory.
    backend.without_path_keys();
    backend
}

/// What it says about the status of a resumable upload is not right.
pub(crate) fn fake_gcs_server() -> Backend {
    let rig = aloft_rigs::FakeGcsServer::start();
    let quirks = Quirks {
        groups_once: false,
        status: false,
        ..Quirks::NONE
    };
    gcs(rig.url(), rig, quirks)
}

fn s3(url: String, access_key: &str, secret_key: &str, rig: impl std::any::Any + Send + Sync) -> Backend {
    Backend {
        spec: Spec {
            sign_in: SignIn::Keys {
                access_key_id: access_key.to_owned(),
            },
            endpoint: Some(url),
            region: Some("us-east-1".to_owned()),
            ..Spec::new(Provider::S3Compatible)
        },
        secrets: secret("secret_access_key", secret_key),
        wrong: None,
        odd_keys: odd_keys(),
        refused_keys: vec![],
        quirks: Quirks::NONE,
        _rig: Box::new(rig),
    }
}

pub(crate) fn seaweedfs() -> Backend {
    let rig = aloft_rigs::SeaweedFs::start();
    let mut backend = s3(rig.url(), rig.access_key(), rig.secret_key(), rig);
    backend.wrong = Some(secret("secret_access_key", "not the secret of that key"));
    backend.quirks.order_of_keys = false;
    // It makes one slash of two, refuses `./`, and keeps no bytes under a trailing slash; a
    // prefix with a backslash finds nothing.
    backend.without_path_keys();
    backend.odd_keys.retain(|key| !key.contains('\\'));
    backend
}

/// It checks no signature.
pub(crate) fn moto() -> Backend {
    let rig = aloft_rigs::Moto::start();
    let mut backend = s3(rig.url(), rig.access_key(), rig.secret_key(), rig);
    backend.quirks.refuses_own_bucket = false;
    backend.quirks.refuses_lost_parts = false;
    backend
}
