//! A real Secret Service: GNOME Keyring on a session bus of its own, with a folder of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::desktop::Desktop;
use crate::process;

/// How long the service may take to come up.
const PATIENCE: Duration = Duration::from_secs(30);

/// The password of the keychain.
const PASSWORD: &str = "test-password";

/// A running Secret Service. Its processes end when it is dropped.
#[derive(Debug)]
pub struct Keychain {
    children: Vec<Child>,
    environment: Vec<(String, String)>,
    folder: tempfile::TempDir,
}

impl Keychain {
    /// Starts one that is open.
    pub fn unlocked() -> Result<Self> {
        let mut keychain = Self::bare()?;
        keychain.serve(true)?;
        Ok(keychain)
    }

    /// Starts one that nobody has unlocked: it holds no collection yet.
    pub fn locked() -> Result<Self> {
        let mut keychain = Self::bare()?;
        keychain.serve(false)?;
        Ok(keychain)
    }

    /// A session bus without a Secret Service on it.
    pub fn bare() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("aloft-keychain-").tempdir()?;
        let private = |name: &str| -> Result<String> {
            let path = folder.path().join(name);
            fs::create_dir(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
            Ok(path.to_string_lossy().into_owned())
        };
        let environment = vec![
            ("HOME".to_owned(), private("home")?),
            ("XDG_RUNTIME_DIR".to_owned(), private("run")?),
        ];
        // No service file of the machine's may start a keychain of its own on this bus.
        let config = folder.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:tmpdir={}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            folder.path().join("run").display()
        );
        fs::write(&config, text)?;
        let mut keychain = Self {
            children: Vec::new(),
            environment,
            folder,
        };
        let mut bus = keychain
            .command("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start dbus-daemon")?;
        let stdout = bus.stdout.take().context("no pipe from dbus-daemon")?;
        keychain.children.push(bus);
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        ensure!(!address.trim().is_empty(), "dbus-daemon did not say its address");
        keychain
            .environment
            .push(("DBUS_SESSION_BUS_ADDRESS".to_owned(), address.trim().to_owned()));
        Ok(keychain)
    }

    /// Starts one that is open, on the bus of a desktop.
    pub fn on(desktop: &Desktop) -> Result<Self> {
        let mut keychain = Self {
            children: Vec::new(),
            environment: desktop.environment().to_vec(),
            folder: tempfile::Builder::new().prefix("aloft-keychain-").tempdir()?,
        };
        keychain.serve(true)?;
        Ok(keychain)
    }

    /// Starts the Secret Service on the bus and waits until it answers. The bus may start one of its
    /// own when it is asked too early; then ours takes its place.
    pub fn serve(&mut self, unlock: bool) -> Result<()> {
        for replaces in [false, true, true] {
            if self.try_serve(unlock, replaces)? {
                return Ok(());
            }
        }
        bail!("gnome-keyring-daemon did not get ready");
    }

    fn try_serve(&mut self, unlock: bool, replaces: bool) -> Result<bool> {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        if replaces {
            command.arg("--replace");
        }
        if unlock {
            command.arg("--unlock").stdin(Stdio::piped());
        }
        let mut child = command.spawn().context("cannot start gnome-keyring-daemon")?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(PASSWORD.as_bytes())?;
        }
        self.children.push(child);
        let ready = |keychain: &Self| -> Result<bool> {
            let alias = keychain.call("ReadAlias", &["default"])?;
            Ok(alias.is_some_and(|path| !unlock || path.contains("/collection/")))
        };
        let until = Instant::now() + PATIENCE;
        while !ready(self)? {
            if Instant::now() > until {
                return Ok(false);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(true)
    }

    /// What the processes that use it need in their environment. `HOME` is not among it.
    pub fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        let wanted = ["XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];
        self.environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(move |(name, _)| wanted.contains(name))
    }

    /// Locks it, as the desktop does when the person leaves.
    pub fn lock(&self) -> Result<()> {
        let path = self.call("ReadAlias", &["default"])?.unwrap_or_default();
        let path = path
            .split('\'')
            .nth(1)
            .context("there is no collection to lock")?
            .to_owned();
        let locked = self.call("Lock", &[&format!("[objectpath '{path}']")])?;
        locked.context("the keychain could not be locked").map(drop)
    }

    /// Ends the service; the bus stays.
    pub fn end_service(&mut self) -> Result<()> {
        let mut service = self.children.pop().context("nothing was started")?;
        service.kill()?;
        service.wait()?;
        Ok(())
    }

    /// What it holds for a connection, as another program reads it.
    pub fn lookup(&self, account: &str) -> Result<Option<String>> {
        let output = self
            .command("secret-tool")
            .args(["lookup", "service", "aloft", "username", account])
            .output()
            .context("cannot run secret-tool")?;
        let text = String::from_utf8(output.stdout)?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// Calls a method of the service; nothing when it answers with an error.
    fn call(&self, method: &str, arguments: &[&str]) -> Result<Option<String>> {
        let output = self
            .command("gdbus")
            .args([
                "call",
                "--session",
                "--timeout",
                "5",
                "--dest",
                "org.freedesktop.secrets",
            ])
            .args(["--object-path", "/org/freedesktop/secrets", "--method"])
            .arg(format!("org.freedesktop.Secret.Service.{method}"))
            .args(arguments)
            .output()
            .context("cannot run gdbus")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(output.status.success().then_some(text))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        for (name, value) in &self.environment {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        command
    }

    /// Its folder: where the service keeps its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Keychain {
    fn drop(&mut self) {
        for mut child in self.children.drain(..).rev() {
            // It may have ended by itself.
            drop(child.kill());
            drop(child.wait());
        }
        process::end_all(self.folder.path());
    }
}
