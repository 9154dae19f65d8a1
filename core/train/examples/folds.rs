//! Scratch: trains the proposal for each file and prints the test accuracy.
use aloft_train::*;
struct Quiet;
impl Observer for Quiet {
    fn control(&mut self) -> Control { Control::Continue }
    fn points(&mut self, _: &[Point<'_>]) -> aloft_base::Result<()> { Ok(()) }
    fn progress(&mut self, _: &Progress) {}
    fn paused(&mut self, _: bool) {}
    fn note(&mut self, text: &str) { eprintln!("{text}"); }
    fn resumed(&mut self, _: u64) {}
    fn fingerprint(&mut self, _: &str) {}
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (target, kind, edit) = (&args[1], &args[2], &args[3]);
    configure_threads(1);
    let work = std::env::temp_dir().join(format!("folds-{}", std::process::id()));
    for file in &args[4..] {
        let source = aloft_data::detect(file.as_ref()).unwrap().source;
        let cache = work.join("cache").join(source.key().unwrap());
        let profile = aloft_data::profile(&source, &cache, &mut |_| aloft_data::Flow::Continue).unwrap();
        let mut proposal = propose(&source, &profile, target).unwrap();
        if kind == "mlp" { proposal.recipe.choose_model(ModelKind::Mlp, profile.rows); }
        let mut table: toml::Table = toml::from_str(&proposal.recipe.to_toml()).unwrap();
        if !edit.is_empty() {
            let other: toml::Table = toml::from_str(edit).unwrap();
            for (section, values) in other { for (key, value) in values.as_table().unwrap() {
                table[&section].as_table_mut().unwrap().insert(key.clone(), value.clone()); } }
        }
        let mut recipe = Recipe::parse(&toml::to_string(&table).unwrap()).unwrap();
        let seed: u64 = file.rsplit(['-', '.']).nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
        recipe.set_seed(seed);
        let began = std::time::Instant::now();
        match train(&recipe, &work.join("run"), &cache, &mut Quiet, Start::Fresh) {
            Ok(outcome) => println!("{{\"acc\": {}, \"secs\": {}, \"train_secs\": {}, \"steps\": {}, \"train_acc\": {}, \"best\": {}, \"epochs\": {}}}",
                outcome.metrics.test["accuracy"], began.elapsed().as_secs_f64(), outcome.duration_secs, outcome.steps, outcome.metrics.train["accuracy"], outcome.best_epoch, outcome.epochs),
            Err(error) => println!("{{\"error\": \"{error}\"}}"),
        }
    }
    std::fs::remove_dir_all(work).ok();
}
