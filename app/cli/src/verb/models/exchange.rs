//! `aloft models export` and `import`: a version as one file.

use std::collections::BTreeMap;
use std::path::Path;

use aloft_base::registry::{self, NewVersion};
use aloft_base::{audit, id};
use anyhow::Result;
use serde_json::json;

use super::{register, version};
use crate::context::Context;
use crate::text::bytes;

pub(super) fn export(context: &mut Context<'_>, reference: &str, out: &Path) -> Result<()> {
    let version = version(context, reference)?;
    let out = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    aloft_train::export(&context.workspace.version_folder(&version.id), &out)?;
    let written = std::fs::metadata(&out).map_or(0, |metadata| metadata.len());
    let subject = format!("{}:{}", version.model, version.number);
    audit::record(&context.workspace, "export", &subject, &out.display().to_string())?;
    let object = json!({
        "model": version.model,
        "version": version.number,
        "digest": version.digest,
        "out": out,
        "bytes": written,
    });
    context.output.answer(&object, || {
        format!("Wrote {} ({}) to {}\n", subject, bytes(written), out.display())
    })
}

pub(super) fn import(context: &mut Context<'_>, file: &Path, name: Option<&str>, alias: Option<&str>) -> Result<()> {
    if let Some(name) = name {
        registry::check_name("model", name)?;
    }
    let id = id::new('m');
    let folder = context.workspace.version_folder(&id);
    let summary = aloft_train::import(file, &folder)?;
    let facts = aloft_train::package_facts(&folder)?;
    let lineage = json!({ "fingerprint": facts.fingerprint, "run": facts.run, "imported_from": file_name(file) });
    let new = NewVersion {
        id,
        model: name.map_or_else(|| facts.name.clone(), str::to_owned),
        run: None,
        description: facts.description.clone(),
        tags: BTreeMap::from([("imported".to_owned(), "yes".to_owned())]),
        facts: register::facts_of(&summary, &facts, &lineage),
        digest: summary.digest,
        bytes: summary.bytes,
        alias: alias.map(str::to_owned),
    };
    let added = registry::add(&context.workspace, &new);
    if added.is_err() {
        // Nothing names these files; the next registration would sweep them.
        drop(std::fs::remove_dir_all(&folder));
    }
    let version = added?;
    let subject = format!("{}:{}", version.model, version.number);
    audit::record(&context.workspace, "import", &subject, &file_name(file))?;
    register::answer(context, &version, alias)
}

fn file_name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
