//! The model card: what a person should know before relying on a model.

use std::fmt::{Display, Write};

use aloft_base::text::thousands;

use super::PackageFacts;
use crate::predictor::Predictor;
use crate::recipe::ModelSpec;

/// So many categories of a feature are named.
const MOST_NAMED: usize = 12;

/// The card as Markdown.
pub(super) fn of(predictor: &Predictor, facts: &PackageFacts) -> String {
    let mut card = Card::default();
    let signature = predictor.signature();
    let name = if facts.name.is_empty() {
        &signature.target
    } else {
        &facts.name
    };
    card.line(format!("# {}", plain(name)));
    card.line("");
    if !facts.description.is_empty() {
        card.line(plain(&facts.description));
        card.line("");
    }
    card.line(format!(
        "Predicts `{}` ({}) from {} columns.",
        plain(&signature.target),
        signature.task.label(),
        signature.features.len()
    ));
    if !signature.classes.is_empty() {
        card.line(format!("The classes are {}.", named(&signature.classes)));
    }
    metrics(&mut card, facts);
    data(&mut card, predictor, facts);
    model(&mut card, predictor);
    features(&mut card, predictor);
    steps(&mut card, predictor);
    limits(&mut card, facts);
    card.head("How to use it");
    card.line("`python predict.py rows.csv` writes the rows with their predictions; it needs numpy and nothing else.");
    card.line(
        "`example.json` has rows and the answers expected for them, and `manifest.json` the BLAKE3 hash of each file.",
    );
    if !facts.environment.is_empty() || !facts.run.is_empty() {
        card.head("Where it comes from");
        let own = [("Run", &facts.run), ("Trained", &facts.trained)];
        let own = own.iter().filter(|(_, value)| !value.is_empty());
        let own = own.map(|(key, value)| (*key, value.as_str()));
        for (key, value) in own.chain(
            facts
                .environment
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str())),
        ) {
            card.line(format!("- {}: {}", plain(key), plain(value)));
        }
    }
    card.0
}

/// Markdown that grows line by line.
#[derive(Default)]
struct Card(String);

impl Card {
    fn line(&mut self, text: impl Display) {
        if writeln!(self.0, "{text}").is_err() {
            debug_assert!(false, "memory takes every text");
        }
    }

    fn head(&mut self, text: &str) {
        self.line(format!("\n## {text}\n"));
    }
}

fn metrics(card: &mut Card, facts: &PackageFacts) {
    let metrics = &facts.metrics;
    if metrics.test.is_empty() && metrics.valid.is_empty() && metrics.train.is_empty() {
        return;
    }
    card.head("How good it is");
    card.line("| metric | test | baseline | validation | training |");
    card.line("|---|---|---|---|---|");
    let parts = [&metrics.test, &metrics.baseline, &metrics.valid, &metrics.train];
    let mut names: Vec<&String> = parts.iter().flat_map(|scores| scores.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let cells = parts.map(|scores| {
            scores
                .get(name)
                .map_or_else(|| "—".to_owned(), |value| format!("{value:.4}"))
        });
        card.line(format!("| {name} | {} |", cells.join(" | ")));
    }
    card.line("\nThe baseline knows only how often each value of the target occurs, and ignores the columns.");
}

fn data(card: &mut Card, predictor: &Predictor, facts: &PackageFacts) {
    let recipe = predictor.recipe();
    card.head("What it learned from");
    let file = recipe.data.path.file_name().unwrap_or_default();
    card.line(format!("- File: `{}`", plain(&file.to_string_lossy())));
    if !facts.fingerprint.is_empty() {
        card.line(format!("- Fingerprint of its content: `{}`", plain(&facts.fingerprint)));
    }
    let rows = &facts.rows;
    if rows.train > 0 {
        card.line(format!(
            "- Rows: {} for training, {} for validation, {} for the test, {} left out",
            thousands(rows.train),
            thousands(rows.valid),
            thousands(rows.test),
            thousands(rows.left_out)
        ));
    }
}

fn model(card: &mut Card, predictor: &Predictor) {
    let recipe = predictor.recipe();
    card.head("What it is");
    let kind = match &recipe.model {
        ModelSpec::Linear { l2 } => format!("A linear model (L2 penalty {l2})"),
        ModelSpec::Mlp {
            hidden,
            activation,
            dropout,
        } => {
            let sizes: Vec<String> = hidden.iter().map(ToString::to_string).collect();
            let activation = format!("{activation:?}").to_lowercase();
            format!(
                "A multilayer perceptron with hidden layers of {} ({activation}, dropout {dropout})",
                sizes.join(", ")
            )
        }
    };
    let training = &recipe.training;
    card.line(format!(
        "- {kind}, {} numbers learned",
        thousands(predictor.parameters() as u64)
    ));
    card.line(format!(
        "- At most {} epochs, batch size {}, learning rate {}, seed {}",
        training.epochs, training.batch_size, training.learning_rate, training.seed
    ));
    card.line("- `recipe.toml` has all of it and trains it again.");
}

fn features(card: &mut Card, predictor: &Predictor) {
    card.head("The columns it reads");
    card.line("| column | type | categories |");
    card.line("|---|---|---|");
    for feature in &predictor.signature().features {
        let categories = named(&feature.categories);
        card.line(format!(
            "| {} | {} | {categories} |",
            plain(&feature.name),
            feature.kind.label()
        ));
    }
}

/// What is done to a raw file first.
fn steps(card: &mut Card, predictor: &Predictor) {
    let steps = predictor.steps();
    if steps.is_empty() {
        return;
    }
    card.head("What is done to the columns first");
    if !steps.before().is_empty() {
        card.line("Rows must have been brought through these steps before, which make other rows of them:\n");
        for words in steps.before() {
            card.line(format!("- {}", plain(words)));
        }
        card.line("");
    }
    let words = steps.words();
    if !words.is_empty() {
        card.line("What is learned here was learned from the training rows alone:\n");
        for words in words {
            card.line(format!("- {}", plain(&words)));
        }
        card.line("");
    }
    card.line(
        "`aloft predict` does this to a raw file. An endpoint and `predict.py` want the columns above as these steps leave them.",
    );
}

fn limits(card: &mut Card, facts: &PackageFacts) {
    card.head("Limits");
    card.line("- A missing value gets what training learned to put there; an unknown category counts as none of the known ones.");
    card.line("- It was measured on rows of the same file it learned from. On rows from elsewhere it may do worse.");
    if facts.metrics.test.is_empty() {
        card.line("- There was no test part, so nothing tells how good it is on new rows.");
    }
    for warning in &facts.warnings {
        card.line(format!("- {}", plain(warning)));
    }
}

/// The first names, and how many more there are.
fn named(names: &[String]) -> String {
    let first: Vec<String> = names
        .iter()
        .take(MOST_NAMED)
        .map(|name| format!("`{}`", plain(name)))
        .collect();
    match names.len().saturating_sub(MOST_NAMED) {
        0 => first.join(", "),
        more => format!("{} and {} more", first.join(", "), thousands(more as u64)),
    }
}

/// A text that stays on its line and in its cell.
fn plain(text: &str) -> String {
    let one_line: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    one_line.replace('|', "\\|").replace('`', "'")
}
