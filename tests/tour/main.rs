//! The tour: a first use of Aloft from outside, on the real window, with the sample data.
//!
//! Everything is pressed, typed, dropped and read through the accessibility tree and the X server,
//! as a person with a screen reader would; what is read is compared with what is known.
//! Screenshots go to `target/tour`. `make tour` takes it on the release build and a larger file.

mod bucket;
mod explore;
mod guide;
mod open;
mod serve;
mod survive;
mod train;

use guide::Guide;

#[test]
fn a_first_use_from_opening_a_file_to_surviving_every_kill() {
    let guide = Guide::begin().unwrap();
    let cloud = bucket::Cloud::start(&guide).unwrap();
    let mut window = guide.window().unwrap();
    open::welcome(&guide, &window).unwrap();
    open::every_format(&guide, &window).unwrap();
    open::long_table(&guide, &window).unwrap();
    train::plan(&guide, &window).unwrap();
    let run = train::train_penguins(&guide, &window).unwrap();
    train::result(&guide, &window, &run).unwrap();
    train::pause_and_resume(&guide, &window).unwrap();
    window = survive::killed_window(&guide, window).unwrap();
    survive::killed_child(&guide, &window).unwrap();
    serve::register(&guide, &window, &run).unwrap();
    serve::serve(&guide, &window).unwrap();
    serve::promote_under_load(&guide, &window, &run).unwrap();
    serve::killed(&guide, &window).unwrap();
    bucket::connect(&guide, &window, &cloud).unwrap();
    bucket::upload_and_train(&guide, &window).unwrap();
    explore::explore(&guide, &window).unwrap();
    window.close().unwrap();
    guide.say("The tour is complete.").unwrap();
}
