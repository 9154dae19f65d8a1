use super::*;
use crate::workspace::Workspace;

fn point(step: i64, value: f64) -> (&'static str, Point) {
    (
        "train/loss",
        Point {
            step,
            time_ms: 1000 + step,
            value,
        },
    )
}

fn written(points: impl IntoIterator<Item = (&'static str, Point)>) -> (tempfile::TempDir, Workspace, Writer) {
    let folder = tempfile::tempdir().unwrap();
    let workspace = Workspace::open(folder.path()).unwrap();
    let mut writer = Writer::open(&workspace, "r1").unwrap();
    let points: Vec<_> = points.into_iter().collect();
    for batch in points.chunks(1000) {
        writer.append(&workspace, batch).unwrap();
    }
    (folder, workspace, writer)
}

#[test]
fn every_point_comes_back_also_after_compaction() {
    let count = 3 * CHUNK as i64 + 77;
    let (_folder, workspace, _) = written((0..count).map(|step| point(step, step as f64 * 0.5)));
    let reader = Reader::open(&workspace).unwrap();
    assert_eq!(reader.series("r1").unwrap(), ["train/loss"]);
    let points = reader.points("r1", "train/loss").unwrap();
    assert_eq!(points.len() as i64, count);
    assert!(
        points
            .iter()
            .enumerate()
            .all(|(i, p)| p.step == i as i64 && p.value == i as f64 * 0.5)
    );
}

#[test]
fn values_that_are_not_finite_survive_and_are_counted() {
    let count = 2 * CHUNK as i64;
    let (_folder, workspace, _) = written((0..count).map(|step| {
        point(
            step,
            match step {
                10 => f64::NAN,
                11 => f64::INFINITY,
                12 => f64::NEG_INFINITY,
                _ => 1.0,
            },
        )
    }));
    let reader = Reader::open(&workspace).unwrap();
    let points = reader.points("r1", "train/loss").unwrap();
    assert!(points[10].value.is_nan());
    assert_eq!((points[11].value, points[12].value), (f64::INFINITY, f64::NEG_INFINITY));
    let curve = reader.curve("r1", "train/loss", None, 3).unwrap();
    let first = curve.parts[0];
    assert_eq!((first.nan, first.positive_infinite, first.negative_infinite), (1, 1, 1));
    assert_eq!((first.min, first.max, first.mean()), (1.0, 1.0, 1.0));
}

#[test]
fn a_coarse_curve_keeps_the_extremes_and_a_narrow_range_is_exact() {
    let count = 5 * CHUNK as i64;
    let spike = 7777;
    let (_folder, workspace, _) = written((0..count).map(|step| point(step, if step == spike { 99.0 } else { 0.5 })));
    let reader = Reader::open(&workspace).unwrap();
    for budget in [10, 1000] {
        let curve = reader.curve("r1", "train/loss", None, budget).unwrap();
        assert!(!curve.is_exact());
        assert_eq!(curve.parts.iter().map(|part| part.count).sum::<u64>(), count as u64);
        assert_eq!(curve.parts.iter().map(|part| part.max).fold(0.0, f64::max), 99.0);
    }
    let near = reader
        .curve("r1", "train/loss", Some(spike - 5..=spike + 5), 2 * CHUNK)
        .unwrap();
    assert!(near.is_exact());
    assert_eq!(
        near.parts.iter().map(|part| part.step_min).collect::<Vec<_>>(),
        (spike - 5..=spike + 5).collect::<Vec<_>>()
    );
}

#[test]
fn a_resumed_run_takes_back_what_it_makes_again() {
    for (count, keep) in [(100, 40), (3 * CHUNK as i64, 5000), (3 * CHUNK as i64, 10)] {
        let (_folder, workspace, mut writer) = written((0..count).map(|step| point(step, 1.0)));
        writer.truncate_after(&workspace, keep).unwrap();
        let mut writer = Writer::open(&workspace, "r1").unwrap();
        let again: Vec<_> = (keep + 1..count + 50).map(|step| point(step, 2.0)).collect();
        writer.append(&workspace, &again).unwrap();
        let points = Reader::open(&workspace).unwrap().points("r1", "train/loss").unwrap();
        assert_eq!(
            points.iter().map(|p| p.step).collect::<Vec<_>>(),
            (0..count + 50).collect::<Vec<_>>()
        );
        assert!(points.iter().all(|p| p.value == if p.step <= keep { 1.0 } else { 2.0 }));
    }
}

#[test]
fn a_reader_sees_points_while_they_are_written() {
    let (_folder, workspace, mut writer) = written([point(0, 1.0)]);
    let reader = Reader::open(&workspace).unwrap();
    assert_eq!(reader.points("r1", "train/loss").unwrap().len(), 1);
    writer.append(&workspace, &[point(1, 2.0)]).unwrap();
    assert_eq!(reader.points("r1", "train/loss").unwrap().len(), 2);
    assert!(reader.points("r1", "no such metric").unwrap().is_empty());
}
