//! Does every file arrive whole and once when the program that moves it is killed?
//!
//! Kills ten times; 200 times with `ALOFT_SOAK`.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing, its helpers too"
)]
#![expect(clippy::print_stdout, reason = "how often it killed is what a soak is read for")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use aloft_base::random::Generator;
use aloft_tests::bucket_rig::BucketRig;

fn kills() -> usize {
    if std::env::var_os("ALOFT_SOAK").is_some() {
        200
    } else {
        10
    }
}

/// A few large files, that go in parts, and many small ones.
fn write_files(folder: &Path, generator: &mut Generator) {
    std::fs::create_dir_all(folder.join("small")).unwrap();
    let random = |bytes: usize, generator: &mut Generator| -> Vec<u8> {
        (0..bytes / 8)
            .flat_map(|_| generator.next_u64().to_le_bytes())
            .collect()
    };
    for at in 0..3 {
        std::fs::write(folder.join(format!("large-{at}.bin")), random(40 << 20, generator)).unwrap();
    }
    for at in 0..200 {
        std::fs::write(folder.join(format!("small/{at}.bin")), random(4096, generator)).unwrap();
    }
}

/// Starts the same command again and again and kills it after a random while; at last lets it end.
/// Answers how often it was killed.
fn kill_and_repeat(rig: &BucketRig, arguments: &[&str], most: usize, generator: &mut Generator) -> usize {
    // Debug builds are slower than the release, where shorter lives leave something to do.
    let longest = Duration::from_millis(1500);
    let mut killed = 0;
    while killed < most {
        let mut command = rig.command(arguments).unwrap();
        let mut child = command
            .arg("--json")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(longest.mul_f64(0.05 + 0.95 * generator.uniform()));
        if child.try_wait().unwrap().is_some() {
            // It was quicker, and is through.
            return killed;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
    }
    rig.answer(arguments).unwrap();
    killed
}

fn same_files(a: &Path, b: &Path) {
    let names = |folder: &Path| -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    names.push(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        names.sort();
        names
    };
    assert_eq!(names(a), names(b), "a file is missing, or one is left over");
    for name in names(a) {
        assert!(
            std::fs::read(a.join(&name)).unwrap() == std::fs::read(b.join(&name)).unwrap(),
            "{name} is another"
        );
    }
}

#[test]
fn killed_uploads_and_downloads_go_on_and_every_file_is_whole() {
    let rig = BucketRig::start().unwrap();
    let mut generator = Generator::new(11);
    let (mut killed, mut round) = (0, 0);
    while killed < kills() {
        let source = rig.terminal.folder().join(format!("source-{round}"));
        write_files(&source, &mut generator);
        let from = source.to_string_lossy().into_owned();
        let there = format!("s3://data/{round}");
        let most = (kills() - killed).min(6);
        killed += kill_and_repeat(&rig, &["cp", "-r", &from, &there], most, &mut generator);
        let back = rig.terminal.folder().join(format!("back-{round}"));
        let to = back.to_string_lossy().into_owned();
        let below = format!("{there}/");
        killed += kill_and_repeat(&rig, &["cp", "-r", &below, &to], most.div_ceil(2), &mut generator);
        same_files(&source, &back);
        assert_eq!(rig.orphans().unwrap(), 0, "an unfinished upload is left");
        rig.answer(&["rm", "-r", &below]).unwrap();
        std::fs::remove_dir_all(&source).unwrap();
        std::fs::remove_dir_all(&back).unwrap();
        round += 1;
    }
    println!("killed {killed} times in {round} rounds");
}
