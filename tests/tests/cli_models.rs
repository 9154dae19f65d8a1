//! The registry from the command line: register, alias, history, compare, exchange, delete.

use aloft_tests::program::sample;
use aloft_tests::serving::register;
use aloft_tests::terminal::Terminal;
use anyhow::{Context as _, Result};

/// Two versions of a model of the penguins; the first is the champion.
fn two_versions() -> Result<Terminal> {
    let terminal = Terminal::open()?;
    let first = register(
        &terminal,
        "penguins.csv",
        "species",
        "penguins",
        &["--alias", "champion"],
    )?;
    assert_eq!((&first["version"], &first["alias"]), (&1.into(), &"champion".into()));
    let second = register(
        &terminal,
        "penguins.csv",
        "species",
        "penguins",
        &["--tag", "stage=trial"],
    )?;
    assert_eq!(second["version"], 2);
    Ok(terminal)
}

#[test]
fn a_run_becomes_versions_that_say_all_about_themselves() -> Result<()> {
    let terminal = two_versions()?;
    let models = terminal.answer(&["models", "list"])?;
    assert_eq!(models["models"][0]["versions"], 2);
    assert_eq!(models["models"][0]["aliases"][0]["alias"], "champion");
    let version = terminal.answer(&["models", "show", "penguins@champion"])?;
    assert_eq!((&version["version"], &version["verified"]), (&1.into(), &true.into()));
    let facts = &version["facts"];
    assert!(facts["metrics"]["test"]["accuracy"].as_f64().context("no accuracy")? > 0.8);
    assert!(
        facts["lineage"]["fingerprint"]
            .as_str()
            .context("no fingerprint")?
            .len()
            > 8
    );
    assert!(
        facts["environment"]["candle-core"].is_string(),
        "{}",
        facts["environment"]
    );
    let features = facts["signature"]["features"].as_array().context("no features")?;
    assert!(features.iter().any(|feature| {
        feature["name"] == "island"
            && feature["kind"] == "category"
            && feature["categories"]
                .as_array()
                .is_some_and(|categories| categories.len() == 3)
    }));
    let folder = std::path::PathBuf::from(version["folder"].as_str().context("no folder")?);
    for file in [
        "model.safetensors",
        "MODEL_CARD.md",
        "predict.py",
        "example.json",
        "manifest.json",
    ] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let second = terminal.answer(&["models", "show", "penguins:2"])?;
    assert_eq!(second["tags"]["stage"], "trial");
    terminal.refused(&["models", "show", "penguins:9"], 2, "not_found")?;
    terminal.refused(&["models", "register", "nothing", "--name", "x"], 2, "not_found")?;
    Ok(())
}

#[test]
fn an_alias_moves_back_and_forth_and_its_history_stays() -> Result<()> {
    let terminal = two_versions()?;
    let moved = terminal.answer(&["models", "alias", "penguins", "champion", "2", "--reason", "better"])?;
    assert_eq!((&moved["version"], &moved["previous"]), (&2.into(), &1.into()));
    let back = terminal.answer(&["models", "rollback", "penguins", "champion"])?;
    assert_eq!(back["version"], 1);
    let history = terminal.answer(&["models", "history", "penguins"])?;
    assert_eq!(history["moves"].as_array().map(Vec::len), Some(3));
    let past = terminal.answer(&[
        "models",
        "history",
        "penguins",
        "--alias",
        "champion",
        "--at",
        "2020-05-03",
    ])?;
    assert!(past["version"].is_null());
    let day = "2999-05-03";
    let future = terminal.answer(&["models", "history", "penguins", "--alias", "champion", "--at", day])?;
    assert_eq!(future["version"], 1);
    terminal.refused(
        &[
            "models",
            "history",
            "penguins",
            "--alias",
            "champion",
            "--at",
            "yesterday",
        ],
        2,
        "invalid",
    )?;
    let audit = terminal.answer(&["models", "audit"])?;
    assert_eq!(audit["chain"]["state"], "whole");
    assert!(audit["entries"].as_array().is_some_and(|entries| entries.len() >= 5));
    Ok(())
}

#[test]
fn a_version_with_an_alias_stays_and_others_are_deleted_and_restored() -> Result<()> {
    let terminal = two_versions()?;
    let error = terminal.refused(&["models", "delete", "penguins:1"], 1, "conflict")?;
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|words| words.contains("champion"))
    );
    terminal.refused(&["models", "delete", "penguins"], 2, "invalid")?;
    terminal.answer(&["models", "delete", "penguins:2"])?;
    assert_eq!(terminal.answer(&["models", "list"])?["models"][0]["versions"], 1);
    terminal.answer(&["models", "restore", "penguins:2"])?;
    assert_eq!(terminal.answer(&["models", "list"])?["models"][0]["versions"], 2);
    Ok(())
}

#[test]
fn two_versions_are_compared_in_words() -> Result<()> {
    let terminal = two_versions()?;
    let compared = terminal.answer(&["models", "compare", "penguins:1", "penguins:2"])?;
    let comparison = &compared["comparison"];
    // The same recipe on the same data twice is the same model.
    assert_eq!(comparison["agreement"], 1.0, "{comparison}");
    assert!(comparison["sentence"].as_str().context("no sentence")?.len() > 20);
    let file = sample("penguins.csv");
    let file = file.to_string_lossy();
    let on_file = terminal.answer(&["models", "compare", "penguins:1", "penguins:2", "--file", &*file])?;
    assert!(on_file["comparison"]["rows"].as_u64() > comparison["rows"].as_u64());
    Ok(())
}

#[test]
fn a_version_travels_as_one_file_and_a_damaged_one_is_refused() -> Result<()> {
    let terminal = two_versions()?;
    let out = terminal.folder().join("penguins.tar.gz");
    let out = out.to_string_lossy().into_owned();
    let exported = terminal.answer(&["models", "export", "penguins:1", "--out", &out])?;
    let other = Terminal::open()?;
    let imported = other.answer(&["models", "import", &out, "--alias", "champion"])?;
    assert_eq!(
        (&imported["model"], &imported["version"]),
        (&"penguins".into(), &1.into())
    );
    assert_eq!(imported["digest"], exported["digest"]);
    let file = sample("penguins.csv");
    let file = file.to_string_lossy();
    let here = terminal.answer(&["predict", "penguins:1", &*file])?;
    let there = other.answer(&["predict", "penguins@champion", &*file])?;
    assert_eq!(here["predictions"], there["predictions"]);
    assert_eq!(here["rows"], 344);

    let whole = std::fs::read(&out)?;
    let cut = other.file("cut.tar.gz", &whole[..whole.len() / 2])?;
    other.refused(&["models", "import", &cut], 1, "corrupt")?;
    let no_archive = other.file("text.tar.gz", "this is no archive")?;
    assert_ne!(other.json(&["models", "import", &no_archive])?.code, Some(0));
    assert_eq!(other.answer(&["models", "list"])?["models"][0]["versions"], 1);

    // A flipped byte in a registered model is seen, and it predicts no more.
    let folder = other.answer(&["models", "show", "penguins:1"])?["folder"].clone();
    let weights = std::path::Path::new(folder.as_str().context("no folder")?).join("model.safetensors");
    let mut bytes = std::fs::read(&weights)?;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&weights, bytes)?;
    assert_eq!(other.answer(&["models", "show", "penguins:1"])?["verified"], false);
    let error = other.refused(&["predict", "penguins:1", &*file], 1, "corrupt")?;
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|words| words.contains("model.safetensors"))
    );
    Ok(())
}
