//! `aloft models register`: the model of a finished run becomes a version.

use std::collections::BTreeMap;
use std::path::Path;

use aloft_base::registry::{self, NewVersion, Version};
use aloft_base::time::{now_ms, to_rfc3339};
use aloft_base::{ErrorKind, Report, id};
use aloft_train::{Outcome, PackageFacts, PackageSummary, Recipe};
use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::failure::refuse;

/// Deleted versions keep their files for so long.
const KEPT_MS: i64 = 30 * 24 * 3600 * 1000;

pub(super) fn perform(
    context: &mut Context<'_>,
    wanted: &str,
    name: &str,
    alias: Option<&str>,
    description: &str,
    tags: BTreeMap<String, String>,
) -> Result<()> {
    registry::check_name("model", name)?;
    let run = context.run(wanted)?;
    let Some(outcome) = run
        .result
        .clone()
        .and_then(|result| serde_json::from_value::<Outcome>(result).ok())
    else {
        return refuse(Report::new(
            ErrorKind::Conflict,
            format!("The run '{}' is {} and has no model yet", run.id, run.state.as_str()),
            "Register it when it is done.",
        ));
    };
    let id = id::new('m');
    let recipe = Recipe::parse(&run.recipe)?;
    let facts = PackageFacts {
        name: name.to_owned(),
        description: description.to_owned(),
        run: run.id.clone(),
        trained: to_rfc3339(run.ended_ms.unwrap_or(run.created_ms)),
        fingerprint: outcome.fingerprint.clone(),
        rows: outcome.rows,
        metrics: outcome.metrics.clone(),
        warnings: outcome.warnings.clone(),
        environment: environment(&outcome),
        cache: recipe
            .data
            .source()?
            .key()
            .ok()
            .map(|key| context.workspace.dataset_cache(&key)),
    };
    let model = context.workspace.run_folder(&run.id).join("model");
    let summary = aloft_train::package(&model, &context.workspace.version_folder(&id), &facts)?;
    let lineage = json!({
        "dataset": run.dataset,
        "fingerprint": outcome.fingerprint,
        "run": run.id,
        "run_name": run.name,
        "recipe": run.recipe,
    });
    let new = NewVersion {
        id,
        model: name.to_owned(),
        run: Some(run.id.clone()),
        description: description.to_owned(),
        tags,
        facts: facts_of(&summary, &facts, &lineage),
        digest: summary.digest,
        bytes: summary.bytes,
        alias: alias.map(str::to_owned),
    };
    let version = registry::add(&context.workspace, &new)?;
    registry::sweep(&context.workspace)?;
    registry::purge(&context.workspace, now_ms() - KEPT_MS)?;
    answer(context, &version, alias)
}

/// Says which version it became.
pub(super) fn answer(context: &mut Context<'_>, version: &Version, alias: Option<&str>) -> Result<()> {
    let object = json!({
        "model": version.model,
        "version": version.number,
        "id": version.id,
        "alias": alias,
        "digest": version.digest,
        "bytes": version.bytes,
        "folder": context.workspace.version_folder(&version.id),
    });
    let (model, number) = (version.model.clone(), version.number);
    context.output.answer(&object, || {
        let alias = alias.map_or_else(String::new, |alias| format!(", and {model}@{alias} means it"));
        format!("Registered version {number} of {model}{alias}\nServe it with: aloft serve {model}:{number}\n")
    })
}

/// What the registry keeps of a version beside its files.
pub(super) fn facts_of(summary: &PackageSummary, facts: &PackageFacts, lineage: &Value) -> Value {
    let environment: Map<String, Value> = (facts.environment.iter())
        .map(|(name, version)| (name.clone(), json!(version)))
        .collect();
    json!({
        "signature": summary.signature,
        "metrics": facts.metrics,
        "rows": facts.rows,
        "warnings": facts.warnings,
        "lineage": lineage,
        "environment": environment,
        "example": {
            "rows": summary.example.rows,
            "answers": aloft_train::answers_to_json(&summary.signature, &summary.example.answers),
        },
    })
}

/// What it was trained with.
fn environment(outcome: &Outcome) -> Vec<(String, String)> {
    let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let mut environment = vec![
        ("aloft".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("device".to_owned(), outcome.device.clone()),
        ("platform".to_owned(), platform),
    ];
    let engines = aloft_train::ENGINES.iter();
    environment.extend(engines.map(|(name, version)| ((*name).to_owned(), (*version).to_owned())));
    if let Some(commit) = std::env::current_dir().ok().and_then(|folder| git_commit(&folder)) {
        environment.push(("git_commit".to_owned(), commit));
    }
    environment
}

/// The commit of the checkout that a folder lies in, if it lies in one.
fn git_commit(folder: &Path) -> Option<String> {
    let git = folder
        .ancestors()
        .map(|folder| folder.join(".git"))
        .find(|git| git.is_dir())?;
    let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
    let Some(name) = head.trim().strip_prefix("ref: ") else {
        return Some(head.trim().to_owned());
    };
    if let Ok(commit) = std::fs::read_to_string(git.join(name)) {
        return Some(commit.trim().to_owned());
    }
    let packed = std::fs::read_to_string(git.join("packed-refs")).ok()?;
    packed
        .lines()
        .find_map(|line| line.strip_suffix(name)?.split_whitespace().next().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_found_loose_packed_and_detached() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        std::fs::create_dir_all(git.join("refs/heads")).unwrap();
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert_eq!(git_commit(&inner), None);
        std::fs::write(git.join("packed-refs"), "# pack\n1234 refs/heads/main\n").unwrap();
        assert_eq!(git_commit(&inner).as_deref(), Some("1234"));
        std::fs::write(git.join("refs/heads/main"), "abcd\n").unwrap();
        assert_eq!(git_commit(&inner).as_deref(), Some("abcd"));
        std::fs::write(git.join("HEAD"), "ffff\n").unwrap();
        assert_eq!(git_commit(&inner).as_deref(), Some("ffff"));
    }
}
