//! Where the servers' programs are.

use std::path::{Path, PathBuf};

/// The top of the checkout.
pub fn repository() -> PathBuf {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.ancestors().nth(2).unwrap_or(crate_folder).to_owned()
}

/// Where `make rigs` puts them: `$ALOFT_RIGS`, else `target/rigs` of the checkout.
fn folder() -> PathBuf {
    match std::env::var_os("ALOFT_RIGS").filter(|folder| !folder.is_empty()) {
        Some(folder) => folder.into(),
        None => repository().join("target").join("rigs"),
    }
}

/// A program of the rigs' Python environment.
///
/// # Panics
/// When it is not there: a rig that cannot be had is a failing test.
pub fn python_program(name: &str) -> PathBuf {
    found(folder().join("python").join("bin").join(name))
}

/// A program of the rigs' Node packages.
///
/// # Panics
/// When it is not there: a rig that cannot be had is a failing test.
pub fn node_program(name: &str) -> PathBuf {
    found(folder().join("node").join("node_modules").join(".bin").join(name))
}

fn found(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is not there: run make rigs", path.display());
    path
}
