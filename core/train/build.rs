//! Finds out which versions of the numeric engines are built in, for a model to name them.

use std::path::Path;

fn main() {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    println!("cargo:rerun-if-changed={}", lock.display());
    let text = std::fs::read_to_string(&lock).unwrap_or_default();
    for (package, variable) in [("candle-core", "CANDLE_VERSION"), ("polars", "POLARS_VERSION")] {
        let version = text
            .split("[[package]]")
            .find(|part| part.contains(&format!("\nname = \"{package}\"\n")))
            .and_then(|part| part.split("version = \"").nth(1)?.split('"').next());
        println!("cargo:rustc-env={variable}={}", version.unwrap_or("unknown"));
    }
}
