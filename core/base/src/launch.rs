//! Starting the process of a job, and making sure that it is gone.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::env;
use crate::error::{Error, Result};
use crate::job;
use crate::secret;
use crate::workspace::Workspace;

/// The `aloft` program that runs jobs: the one named in the environment, else the one beside this program.
pub fn program() -> Result<PathBuf> {
    if let Some(path) = env::path(env::ALOFT_PROGRAM) {
        return if path.is_file() {
            Ok(path)
        } else {
            Err(Error::NoProgram { looked_at: path })
        };
    }
    let this = std::env::current_exe().map_err(Error::io("find", std::path::Path::new("this program")))?;
    let name = if cfg!(windows) { "aloft.exe" } else { "aloft" };
    let beside = this.with_file_name(name);
    // A test binary lives one folder deeper.
    let above = this
        .parent()
        .and_then(|folder| folder.parent())
        .map(|folder| folder.join(name));
    [Some(beside.clone()), above]
        .into_iter()
        .flatten()
        .find(|path| path.is_file())
        .ok_or(Error::NoProgram { looked_at: beside })
}

/// Starts the process of a queued job. It lives on when the caller ends, however it ends.
/// Secrets that are kept for this session only reach it through its standard input.
/// Its own words beyond the log go to `jobs/ID.out`; its first act is [`detach`].
pub fn spawn_job(workspace: &Workspace, id: &str) -> Result<()> {
    let program = program()?;
    let out = workspace.folder().join("jobs").join(format!("{id}.out"));
    let file = std::fs::File::create(&out).map_err(Error::io("write", &out))?;
    let errors = file.try_clone().map_err(Error::io("write", &out))?;
    let mut command = Command::new(&program);
    command
        .args(["job", "run", id, "--workspace"])
        .arg(workspace.folder())
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors);
    let secrets = secret::hand_over();
    if secrets.is_some() {
        command.arg(secret::FLAG).stdin(Stdio::piped());
    }
    let mut child = command.spawn().map_err(Error::io("start", &program))?;
    if let (Some(mut pipe), Some(secrets)) = (child.stdin.take(), secrets) {
        // A job that ends before it reads says why in its row; that it did not read is no news beside that.
        drop(pipe.write_all(secrets.expose()));
    }
    // Somebody has to take the exit code, or the process stays as a zombie while this one lives.
    std::thread::Builder::new()
        .name("job-reaper".into())
        .spawn(move || drop(child.wait()))
        .map_err(Error::io("wait for", &program))?;
    Ok(())
}

/// The lock that the process which watches the endpoints of a workspace holds.
pub fn watch_lock(workspace: &Workspace) -> PathBuf {
    workspace.folder().join("jobs").join("watch.lock")
}

/// Starts the process that watches the endpoints of a workspace, unless it runs. Whoever
/// serves or shows endpoints makes sure of it.
pub fn ensure_watch(workspace: &Workspace) -> Result<()> {
    if crate::fs::is_locked(&watch_lock(workspace))? {
        return Ok(());
    }
    let job = job::create(workspace, job::Kind::Watch, "endpoints", &serde_json::Value::Null)?;
    spawn_job(workspace, &job)
}

/// Frees this process from its caller's terminal and session, so that closing those does not end it.
pub fn detach() {
    #[cfg(unix)]
    {
        // Fails only where this process already leads a group; then it is free enough.
        let _already_free = rustix::process::setsid();
    }
}

/// Kills the process of a job and everything it started, at once. For jobs that do not answer a request to stop.
#[cfg(unix)]
pub fn kill(workspace: &Workspace, id: &str) -> Result<()> {
    let row = job::get(workspace, id)?;
    let alive = crate::fs::is_locked(&workspace.job_lock(id))?;
    let pid = row
        .pid
        .filter(|_| alive)
        .and_then(|pid| rustix::process::Pid::from_raw(pid.cast_signed()));
    if let Some(pid) = pid {
        // It leads its own session and so its own group, unless it is a verb typed at a terminal.
        let group = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        group
            .or_else(|_| rustix::process::kill_process(pid, rustix::process::Signal::KILL))
            .map_err(|error| Error::io("end the process of", &workspace.job_lock(id))(error.into()))?;
    }
    Ok(())
}
