//! A process that is killed in the middle, again and again, and what is there at the end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aloft_base::random::Generator;
use aloft_base::{Report, Workspace, connection, job};
use aloft_cloud::Session;
use aloft_cloud::transfer::{self, Order, Steer};
use aloft_rigs::FaultProxy;

use crate::setup::{Bench, file, keep_secret, noise, object, order, seaweed, tree, write};

const MIB: usize = 1 << 20;
/// Requests at once.
const PARALLEL: usize = 4;
/// A process is killed 50 ms to this after its start.
const LONGEST_LIFE_MS: u64 = 900;
/// Names the workspace to a process that is to be killed.
const WORKSPACE: &str = "ALOFT_TEST_WORKSPACE";
/// Names the job to it.
const JOB: &str = "ALOFT_TEST_JOB";

/// How often a transfer is killed: `ALOFT_KILLS`, else 10.
fn kills() -> u64 {
    std::env::var("ALOFT_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(10)
}

/// What the process that is killed does. Without the names of a workspace and a job there is nothing to do.
#[test]
fn a_process_that_runs_a_transfer() {
    let Some(folder) = std::env::var_os(WORKSPACE) else {
        return;
    };
    let id = std::env::var(JOB).unwrap();
    let workspace = Workspace::open(PathBuf::from(folder)).unwrap();
    for connection in connection::list(&workspace).unwrap() {
        keep_secret(&connection);
    }
    let session = Session::start(2).unwrap();
    let claim = job::claim(&workspace, &id).unwrap();
    let order: Order = serde_json::from_value(claim.job.spec.clone()).unwrap();
    match transfer::run(&session, &workspace, &claim, &order, &mut |_| Steer::Continue) {
        Ok(summary) => {
            assert_eq!(summary.failures, 0, "{:?}", summary.failed);
            claim.finish(&workspace, job::State::Done, None).unwrap();
        }
        Err(error) => {
            claim
                .finish(&workspace, job::State::Failed, Some(&Report::of(&error)))
                .unwrap();
            panic!("{error}");
        }
    }
}

/// The numbers of a transfer, as its rows say.
pub(crate) fn planned(workspace: &Workspace, id: &str) -> aloft_base::transfer::Totals {
    aloft_base::transfer::totals(workspace, id).unwrap()
}

/// This program once more, to run one job.
pub(crate) fn helper(mut program: Command, workspace: &Path, id: &str) -> Command {
    program
        .args(["--exact", "kill::a_process_that_runs_a_transfer", "--nocapture"])
        .env(WORKSPACE, workspace)
        .env(JOB, id)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    program
}

fn start(workspace: &Path, id: &str) -> Child {
    helper(Command::new(std::env::current_exe().unwrap()), workspace, id)
        .spawn()
        .unwrap()
}

/// Runs an order in processes of which so many are killed at most, until one reaches the end.
/// Answers how many were killed.
fn kill_often(bench: &Bench, order: &Order, generator: &mut Generator, kills: u64) -> u64 {
    let id = transfer::create(&bench.workspace, "a test", order).unwrap();
    let mut killed = 0;
    loop {
        let mut child = start(bench.workspace.folder(), &id);
        let is_last = killed >= kills;
        if !is_last {
            std::thread::sleep(Duration::from_millis(50 + generator.below(LONGEST_LIFE_MS)));
        }
        if !is_last && child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
        } else {
            let status = child.wait().unwrap();
            let job = job::get(&bench.workspace, &id).unwrap();
            assert!(status.success(), "{status}: {job:?}");
            return killed;
        }
        job::mark_interrupted(&bench.workspace).unwrap();
        if job::get(&bench.workspace, &id).unwrap().state == job::State::Done {
            return killed;
        }
        // A process that was killed before it claimed the job left it queued.
        if job::get(&bench.workspace, &id).unwrap().state != job::State::Queued {
            assert_eq!(
                transfer::find_resumable(&bench.workspace, order).unwrap().as_ref(),
                Some(&id)
            );
            transfer::resume(&bench.workspace, &id).unwrap();
        }
    }
}

#[test]
fn killed_at_any_moment_everything_arrives_whole_and_once() {
    let server = seaweed();
    let proxy = FaultProxy::start(server.port());
    let bench = Bench::new();
    let s3 = bench.connect("S3", &proxy.url());
    let store = bench.bucket(&s3, "killed");
    for number in 0..300 {
        write(
            &bench.path(&format!("from/{}/{number}", number % 7)),
            &noise(number, 16_000),
        );
    }
    for number in 0..3 {
        write(
            &bench.path(&format!("from/large{number}")),
            &noise(1000 + number, 44 * MIB + number as usize),
        );
    }
    // What went up comes down, and again from nothing, until enough were killed: a transfer goes on
    // so well that it reaches its end after some ten of them.
    let (mut left, mut generator) = (kills(), Generator::new(1));
    for round in 0.. {
        let (prefix, to) = (format!("d{round}/"), format!("to{round}"));
        let mut up = order(vec![file(bench.path("from"))], object(&s3, "killed", &prefix));
        // Slow enough that there is something to kill.
        (up.bytes_per_sec, up.parallel) = (Some(40 << 20), Some(PARALLEL));
        let before = proxy.bytes_up();
        let killed = kill_often(&bench, &up, &mut generator, left);
        left -= killed;
        let mut objects = bench.objects(&store, "killed");
        objects.retain(|key, _| key.starts_with(&prefix));
        assert_eq!(objects.len(), 303, "round {round}");
        assert_eq!(bench.pending(&store, "killed"), 0, "no upload is left over");
        // Whole: what a part in flight cost is all that was sent twice.
        let whole: u64 = objects.values().sum();
        let in_flight = PARALLEL as u64 * ((8 << 20) + 16_000);
        // What was done in the last moment was not written down yet.
        let moment = (40 << 20) / 5;
        let most = whole + killed * (in_flight + moment);
        let sent = proxy.bytes_up() - before;
        assert!(sent <= most, "{sent} of at most {most} in round {round}");
        let mut down = order(vec![object(&s3, "killed", &prefix)], file(bench.path(&to)));
        down.bytes_per_sec = Some(40 << 20);
        left -= kill_often(&bench, &down, &mut generator, left);
        assert!(
            tree(&bench.path(&to)) == tree(&bench.path("from")),
            "what came in round {round} is not what went"
        );
        if left == 0 {
            break;
        }
        std::fs::remove_dir_all(bench.path(&to)).unwrap();
        let keys: Vec<String> = objects.into_keys().collect();
        assert!(bench.session.wait(store.delete("killed", &keys)).unwrap().is_empty());
    }
}
