//! Steps 9 and 10: connect to a bucket, drop a file onto it, look into it, and train from it.

use aloft_base::connection;
use aloft_rigs::SeaweedFs;
use aloft_tests::driver::{like, named};
use aloft_tests::keychain::Keychain;
use aloft_tests::program::sample;
use aloft_tests::window::Window;
use anyhow::{Result, ensure};

use crate::guide::{Guide, copy};
use crate::train::train_what_is_open;

/// A real S3 server and a real keychain, which live as long as this.
pub(crate) struct Cloud {
    server: SeaweedFs,
    keychain: Keychain,
}

impl Cloud {
    pub(crate) fn start(guide: &Guide) -> Result<Self> {
        Ok(Self {
            server: SeaweedFs::start(),
            keychain: Keychain::on(&guide.desktop)?,
        })
    }
}

/// Step 9: the connection is typed, tested and saved; its secret goes to the keychain and nowhere else.
pub(crate) fn connect(guide: &Guide, window: &Window<'_>, cloud: &Cloud) -> Result<()> {
    guide.say("9. Connect to an S3 server on this machine")?;
    window.key("ctrl+1")?;
    window.press(&named("Connect a bucket").within_secs(30.0))?;
    window.press(&named("S3-compatible").role("radio button"))?;
    window.fill(&named("Name of the connection").role("entry"), "Lab")?;
    window.fill(&named("Address of the server").role("entry"), &cloud.server.url())?;
    window.fill(&named("Access key ID").role("entry"), cloud.server.access_key())?;
    window.fill(
        &named("Secret access key").role("password text"),
        cloud.server.secret_key(),
    )?;
    window.press(&named("Test connection").role("button"))?;
    window.find(&like("^Sign in: works").within_secs(60.0))?;
    guide.picture("connection-tested")?;
    window.press(&named("Save connection").role("button"))?;
    window.gone(&named("Save connection").within_secs(30.0))?;
    let kept = connection::named(&guide.open_workspace()?, "Lab")?;
    let held = cloud.keychain.lookup(&kept.id)?.unwrap_or_default();
    ensure!(
        held.contains(cloud.server.secret_key()),
        "the keychain does not hold it"
    );
    ensure!(
        !window.tree()?.contains(cloud.server.secret_key()),
        "the secret can be read in the window"
    );
    guide.say("   it works, and its secret is in the keychain alone")
}

/// Step 10: a bucket is made, a file is dropped onto it, looked into and opened, and a model is trained on it.
pub(crate) fn upload_and_train(guide: &Guide, window: &Window<'_>) -> Result<()> {
    guide.say("10. Make a bucket and drop a file onto it")?;
    window.press(&named("Buckets"))?;
    window.press(&named("Connection Lab in the tree").within_secs(30.0))?;
    window.press(&named("New bucket…").role("button").within_secs(30.0))?;
    window.fill(&named("Name of the bucket").role("entry"), "field-notes")?;
    window.press(&named("Create bucket").role("button"))?;
    window.find(&named("Bucket field-notes").within_secs(30.0))?;
    guide.picture("bucket-made")?;
    window.click(&named("Bucket field-notes"))?;
    window.key("Return")?;
    window.find(&named("Upload…").role("button").within_secs(30.0))?;
    let file = copy(
        &sample("penguins.csv"),
        &guide.desktop.folder().join("field work").join("penguins 2026.csv"),
    )?;
    window.drop_files(std::slice::from_ref(&file))?;
    window.press(&like("^Upload 1 file").role("button").within_secs(30.0))?;
    window.find(&named("Object penguins 2026.csv").within_secs(60.0))?;
    guide.picture("uploaded")?;

    guide.say("   look into it without downloading it, and open it as a dataset")?;
    window.click(&named("Object penguins 2026.csv"))?;
    window.find(&like("(?i)^read ").within_secs(60.0))?;
    guide.picture("bucket-preview")?;
    window.key("Return")?;
    for cell in ["Adelie", "Torgersen", "39.1"] {
        window.find(&named(cell).within_secs(60.0))?;
    }
    window.find(&like("^344 rows × 8 columns").within_secs(60.0))?;
    guide.picture("dataset-from-bucket")?;

    guide.say("   and train on it")?;
    let run = guide.run(&train_what_is_open(guide, window, "species")?)?;
    ensure!(
        run.recipe.contains("s3://field-notes/penguins 2026.csv"),
        "the recipe does not name the bucket: {}",
        run.recipe
    );
    guide.say("   the recipe names s3://field-notes/penguins 2026.csv")
}
