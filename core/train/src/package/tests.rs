//! Packages made, changed, sent and taken in.

use std::path::PathBuf;
use std::process::Command;

use aloft_base::{ErrorKind, Explain};
use aloft_data::Task;
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::*;
use crate::predictor::predict_table;
use crate::predictor::tests::{Rig, mlp, penguins, sample};

fn packaged(rig: &Rig) -> (PathBuf, PackageSummary) {
    let folder = rig.folder.path().join("package");
    let facts = PackageFacts {
        name: "penguins".into(),
        description: "Tells three penguins apart".into(),
        run: "r7".into(),
        warnings: vec!["Few rows of Chinstrap".into()],
        environment: vec![("Aloft".into(), "0.1.0".into())],
        metrics: Metrics {
            test: [("accuracy".to_owned(), 0.9)].into(),
            baseline: [("accuracy".to_owned(), 0.4)].into(),
            ..Metrics::default()
        },
        cache: Some(rig.cache()),
        ..PackageFacts::default()
    };
    let summary = package(&rig.model(), &folder, &facts).unwrap();
    (folder, summary)
}

#[test]
fn a_package_is_whole_in_itself_and_named_by_its_content() {
    let rig = penguins(&mlp(Activation::Gelu));
    let (folder, summary) = packaged(&rig);
    assert_eq!(verify(&folder).unwrap(), summary.digest);
    let predictor = Predictor::load(&folder).unwrap();
    assert_eq!(summary.signature, *predictor.signature());
    assert_eq!(example(&folder).unwrap(), summary.example);
    check_example(&predictor, &summary.example).unwrap();
    assert_eq!(summary.example.rows.len(), 4);
    assert!(
        summary.example.rows[0]["bill_length_mm"].is_number(),
        "{:?}",
        summary.example.rows
    );
    let card = std::fs::read_to_string(folder.join(CARD)).unwrap();
    for text in [
        "# penguins",
        "| accuracy | 0.9000 | 0.4000 |",
        "| island | category |",
        "Few rows",
        "- Aloft: 0.1.0",
    ] {
        assert!(card.contains(text), "{text} is not in {card}");
    }
    let mut wrong = summary.example.clone();
    wrong.answers.probabilities[0] += 0.01;
    assert!(check_example(&predictor, &wrong).unwrap_err().contains("row 1"));
    let again = package(&rig.model(), &folder, &PackageFacts::default()).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
    let left: Vec<_> = std::fs::read_dir(rig.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !left.iter().any(|name| name.to_string_lossy().contains("part")),
        "{left:?}"
    );
}

#[test]
fn without_its_data_the_example_is_made_up() {
    let rig = penguins(&mlp(Activation::Relu));
    let folder = rig.folder.path().join("package");
    let summary = package(&rig.model(), &folder, &PackageFacts::default()).unwrap();
    assert_eq!(summary.example.rows[1]["island"], "Dream");
    assert!(summary.example.rows[1]["year"].is_null());
}

#[test]
fn a_flipped_byte_a_missing_file_and_an_extra_one_are_named() {
    let rig = penguins(&mlp(Activation::Relu));
    let (folder, _) = packaged(&rig);
    for name in [WEIGHTS, PREPARATION, SIGNATURE, RECIPE, EXAMPLE, CARD, SCRIPT] {
        let path = folder.join(name);
        let good = std::fs::read(&path).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        std::fs::write(&path, &bad).unwrap();
        let error = Predictor::load(&folder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains(name), "{error}");
        std::fs::remove_file(&path).unwrap();
        assert!(
            verify(&folder)
                .unwrap_err()
                .to_string()
                .contains(&format!("{name} is missing"))
        );
        std::fs::write(&path, &good).unwrap();
    }
    std::fs::write(folder.join("extra.txt"), "x").unwrap();
    assert!(verify(&folder).unwrap_err().to_string().contains("extra.txt is not in"));
}

#[test]
fn one_file_carries_it_and_gives_the_same_package() {
    let rig = penguins(&mlp(Activation::Tanh));
    let (folder, summary) = packaged(&rig);
    let file = rig.folder.path().join("penguins.tar.gz");
    export(&folder, &file).unwrap();
    let first = std::fs::read(&file).unwrap();
    export(&folder, &file).unwrap();
    assert_eq!(
        std::fs::read(&file).unwrap(),
        first,
        "the same package gives the same bytes"
    );
    let other = rig.folder.path().join("taken");
    let taken = import(&file, &other).unwrap();
    assert_eq!(taken, summary);
    let again = import(&file, &other).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
    for cut in [0, 10, first.len() / 2, first.len() - 1] {
        std::fs::write(&file, &first[..cut]).unwrap();
        let place = rig.folder.path().join("cut");
        let error = import(&file, &place).unwrap_err();
        assert!(
            !place.exists() && error.kind() == ErrorKind::Corrupt,
            "cut at {cut}: {error}"
        );
    }
}

#[test]
fn an_archive_decides_nothing_about_where_it_is_written() {
    let rig = penguins(&mlp(Activation::Relu));
    let (folder, _) = packaged(&rig);
    let file = rig.folder.path().join("evil.tar.gz");
    let evil = |path: &str, kind: EntryType, link: Option<&str>| {
        let mut builder = Builder::new(GzEncoder::new(
            std::fs::File::create(&file).unwrap(),
            Compression::fast(),
        ));
        let mut header = Header::new_gnu();
        // Past the checks of the crate, as somebody else's program would write it.
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(2);
        if let Some(link) = link {
            header.set_size(0);
            header.set_link_name(link).unwrap();
        }
        header.set_cksum();
        builder
            .append(&header, &b"{}"[..header.size().unwrap() as usize])
            .unwrap();
        builder.into_inner().unwrap().finish().unwrap();
        let place = rig.folder.path().join("evil");
        let error = import(&file, &place).unwrap_err();
        assert!(!place.exists(), "{path}");
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{path}: {error}");
        error.to_string()
    };
    for path in [
        "../escaped.txt",
        "/tmp/escaped.txt",
        "model/../../escaped.txt",
        "model/sub/x",
        "x",
        "other/x",
    ] {
        assert!(
            evil(path, EntryType::Regular, None).contains("no place in a package"),
            "{path}"
        );
    }
    for kind in [EntryType::Symlink, EntryType::Link] {
        assert!(evil("model/model.safetensors", kind, Some("/etc/passwd")).contains("no regular file"));
    }
    assert!(evil("model/only.txt", EntryType::Regular, None).contains("manifest.json is missing"));
    assert!(!rig.folder.path().join("escaped.txt").exists());
    assert!(folder.exists());
}

/// The program in the package says what Aloft says. It needs a Python with numpy, which not
/// every machine that runs the tests has.
#[test]
fn the_python_program_says_the_same() {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let has_numpy = Command::new(&python).args(["-c", "import numpy"]).output();
    if !has_numpy.is_ok_and(|output| output.status.success()) {
        return;
    }
    let rigs = [
        penguins(&mlp(Activation::Gelu)),
        Rig::new(
            &sample("penguins.csv"),
            "sex",
            Task::Binary,
            &ModelSpec::Linear { l2: 0.0 },
        ),
        Rig::new(
            &sample("wine_quality.csv"),
            "quality",
            Task::Regression,
            &mlp(Activation::Tanh),
        ),
    ];
    for rig in &rigs {
        let (folder, _) = packaged(rig);
        let output = Command::new(&python)
            .arg(folder.join(SCRIPT))
            .arg(&rig.source.path)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let all: Vec<u32> = (0..rig.table.rows() as u32).collect();
        let expected = predict_table(&rig.predictor(), &rig.table, &all).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines.len(), all.len());
        for (row, line) in lines.iter().enumerate() {
            let wanted: Vec<f32> = if expected.numbers.is_empty() {
                expected.probabilities_of(row).to_vec()
            } else {
                vec![expected.numbers[row]]
            };
            let cells: Vec<&str> = line.split(',').collect();
            for (cell, wanted) in cells[cells.len() - wanted.len()..].iter().zip(wanted) {
                let found: f32 = cell.parse().unwrap();
                assert!((found - wanted).abs() < 1e-4, "row {row}: {found} is not {wanted}");
            }
        }
    }
}
