//! The recipe as a person works on it: the one that every control and the TOML text edit.

use std::collections::BTreeSet;
use std::sync::Arc;

use aloft_base::run::NewRun;
use aloft_base::{Explain, Report};
use aloft_data::{ColumnProfile, Profile, SplitMethod, StepEntry};
use aloft_train::{LeftOut, ModelSpec, Proposal, Reason, Recipe};

use super::plan::Plan;

/// The recipe being edited, and what follows from it.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) profile: Arc<Profile>,
    pub(super) recipe: Recipe,
    pub(super) reasons: Vec<Reason>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) plan: Plan,
    /// The recipe as text; what the person types stays as typed until a control changes the recipe.
    pub(super) text: String,
    /// Why the recipe, or the text that is typed, cannot be used.
    pub(super) problem: Option<Report>,
    /// The hidden layers as typed.
    pub(super) layers: String,
    pub(super) included: BTreeSet<String>,
    pub(super) name: String,
    /// Whether the person gave the name.
    pub(super) named: bool,
    /// The run that `Train` starts; made when the recipe changes.
    pub(super) ready: Option<NewRun>,
    /// The steps that the dataset has.
    dataset_steps: Vec<StepEntry>,
    /// The column that was a feature until the split took it.
    taken: Option<String>,
}

impl Draft {
    pub(super) fn new(profile: Arc<Profile>, proposal: Proposal) -> Self {
        let mut draft = Self {
            profile,
            dataset_steps: proposal.recipe.data.steps.clone(),
            recipe: proposal.recipe,
            reasons: proposal.reasons,
            left_out: proposal.left_out,
            plan: Plan::default(),
            text: String::new(),
            problem: None,
            layers: String::new(),
            included: BTreeSet::new(),
            name: String::new(),
            named: false,
            ready: None,
            taken: None,
        };
        draft.settle();
        draft
    }

    /// Another target's proposal; what the person chose of model, training and place stays.
    pub(super) fn take_over(&mut self, older: &Self) {
        if older.recipe.model.kind() != self.recipe.model.kind() {
            self.recipe.choose_model(older.recipe.model.kind(), self.profile.rows);
        }
        self.recipe.run = older.recipe.run.clone();
        if self.dataset_steps == older.dataset_steps {
            // Steps that were added here stay.
            self.recipe.data.steps.clone_from(&older.recipe.data.steps);
        }
        self.recipe.prepare = older.recipe.prepare.clone();
        self.settle();
    }

    pub(super) fn column(&self, name: &str) -> Option<&ColumnProfile> {
        self.profile.columns.iter().find(|column| column.name == name)
    }

    /// Why a section of the recipe is as it is: `target`, `training`.
    pub(super) fn reasons_of<'a>(&'a self, section: &'a str) -> impl Iterator<Item = &'a str> {
        let of_section = move |reason: &&Reason| reason.key.split('.').next() == Some(section);
        self.reasons
            .iter()
            .filter(of_section)
            .map(|reason| reason.text.as_str())
    }

    /// After a control changed the recipe: everything else follows.
    pub(super) fn settle(&mut self) {
        self.problem = self.recipe.validate().err().map(|error| Report::of(&error));
        self.text = self.recipe.to_toml();
        self.follow();
    }

    /// After the text changed: the recipe follows when the text is one.
    pub(super) fn take_text(&mut self) {
        match Recipe::parse(&self.text) {
            Ok(recipe) => {
                self.recipe = recipe;
                self.problem = None;
                self.follow();
            }
            Err(error) => {
                self.problem = Some(Report::of(&error as &dyn Explain));
                self.ready = None;
            }
        }
    }

    fn follow(&mut self) {
        self.plan = Plan::of(&self.recipe, &self.profile);
        self.included = self.recipe.features.include.iter().cloned().collect();
        if let ModelSpec::Mlp { hidden, .. } = &self.recipe.model {
            // Typing "128, " must not lose its comma.
            if layers_of(&self.layers).as_ref() != Some(hidden) {
                self.layers = hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            }
        }
        if !self.named {
            self.name = usual_name(&self.recipe);
        }
        let usable = self.problem.is_none() && self.plan.problems.is_empty();
        self.ready = usable.then(|| NewRun {
            name: self.name.trim().to_owned(),
            dataset: self.recipe.data.path.to_string_lossy().into_owned(),
            model: self.recipe.model.kind().as_str().to_owned(),
            task: word(self.recipe.target.task),
            target: self.recipe.target.column.clone(),
            recipe: self.recipe.to_toml(),
        });
    }

    /// Numbers a name that another run has, unless the person gave it.
    pub(super) fn name_apart(&mut self, taken: impl Fn(&str) -> bool) {
        if self.named || !taken(&self.name) {
            return;
        }
        let usual = usual_name(&self.recipe);
        let mut numbered = (2_u32..).map(|number| format!("{usual} {number}"));
        if let Some(free) = numbered.find(|name| !taken(name)) {
            self.name = free;
            if let Some(ready) = &mut self.ready {
                ready.name.clone_from(&self.name);
            }
        }
    }

    /// Takes columns as features, or leaves them; features stay in the order of the file.
    pub(super) fn include_all(&mut self, wanted: &[(String, bool)]) {
        if wanted.is_empty() {
            return;
        }
        for (name, include) in wanted {
            if *include {
                self.included.insert(name.clone());
            } else {
                self.included.remove(name);
            }
        }
        let columns = self.profile.columns.iter().map(|column| &column.name);
        let mut list: Vec<String> = columns.filter(|name| self.included.contains(*name)).cloned().collect();
        // A recipe that was loaded may name columns this data lacks: the plan says so, and they stay.
        let known: BTreeSet<&String> = self.profile.columns.iter().map(|column| &column.name).collect();
        list.extend(
            self.recipe
                .features
                .include
                .iter()
                .filter(|name| !known.contains(name))
                .cloned(),
        );
        self.recipe.features.include = list;
    }

    /// Whether a column can be a feature at all in this recipe.
    pub(super) fn may_include(&self, name: &str) -> bool {
        let split = &self.recipe.split;
        let is_split = split.column.as_deref() == Some(name) && split.method != SplitMethod::TimeOrdered;
        name != self.recipe.target.column && !is_split
    }

    /// Has the split go by a column, or by none. A column that says which part or which group
    /// a row is of is no feature meanwhile.
    pub(super) fn split_by(&mut self, column: Option<String>) {
        if let Some(before) = self.taken.take() {
            self.include_all(&[(before, true)]);
        }
        self.recipe.split.column = column;
        if let Some(column) = self.recipe.split.column.clone()
            && self.included.contains(&column)
            && !self.may_include(&column)
        {
            self.include_all(&[(column.clone(), false)]);
            self.taken = Some(column);
        }
    }

    /// Why training cannot start, as one sentence.
    pub(super) fn why_not(&self) -> Option<String> {
        if let Some(problem) = &self.problem {
            return Some(problem.message.clone());
        }
        self.plan.problems.first().cloned()
    }
}

/// Hidden layers from text: `128, 64`.
pub(super) fn layers_of(text: &str) -> Option<Vec<usize>> {
    let parts: Vec<&str> = text
        .split(|letter: char| letter == ',' || letter.is_whitespace())
        .filter(|p| !p.is_empty())
        .collect();
    parts.into_iter().map(|part| part.parse().ok()).collect()
}

/// A name that says what was trained on what: `penguins · species · linear`.
fn usual_name(recipe: &Recipe) -> String {
    let data = recipe
        .data
        .path
        .file_stem()
        .map_or_else(|| "data".into(), std::ffi::OsStr::to_string_lossy);
    format!("{data} · {} · {}", recipe.target.column, recipe.model.kind().as_str())
}

fn word(task: aloft_data::Task) -> String {
    match task {
        aloft_data::Task::Regression => "regression",
        aloft_data::Task::Binary => "binary",
        aloft_data::Task::MultiClass => "multi_class",
    }
    .to_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::PathBuf;

    use aloft_data::{ColumnType, Format, Source, Task, TopValue};
    use aloft_train::{ModelKind, propose};

    use super::*;

    fn column(name: &str, kind: ColumnType, distinct: u64, nulls: u64) -> ColumnProfile {
        let top = (0..distinct.min(10))
            .map(|nth| TopValue {
                value: format!("v{nth}"),
                count: 340 / distinct.max(1),
            })
            .collect();
        ColumnProfile {
            nulls,
            distinct,
            top,
            ..ColumnProfile::new(name, kind)
        }
    }

    pub(in super::super) fn draft() -> Draft {
        let profile = Profile {
            rows: 344,
            columns: vec![
                column("species", ColumnType::String, 3, 0),
                column("island", ColumnType::String, 3, 0),
                column("mass", ColumnType::Integer, 94, 2),
                column("sex", ColumnType::String, 2, 11),
                column("penguin_id", ColumnType::String, 344, 0),
            ],
            ..Profile::default()
        };
        let source = Source {
            path: PathBuf::from("/data/penguins.csv"),
            format: Format::Csv,
            csv: None,
            remote: None,
        };
        let proposal = propose(&source, &profile, "species").unwrap();
        Draft::new(Arc::new(profile), proposal)
    }

    #[test]
    fn a_proposal_is_ready_to_train_and_says_what_will_happen() {
        let draft = draft();
        assert_eq!(draft.problem, None);
        let run = draft.ready.clone().unwrap();
        assert_eq!(
            (run.model.as_str(), run.task.as_str(), run.target.as_str()),
            ("linear", "multi_class", "species")
        );
        assert_eq!(run.name, "penguins · species · linear");
        assert_eq!(Recipe::parse(&run.recipe).unwrap(), draft.recipe);
        assert_eq!(draft.plan.parts, Some([206, 69, 69]));
        // island 3, mass 1 and its gap 1, sex 2; the id is left out.
        assert_eq!((draft.plan.features, draft.plan.inputs), (3, 7));
        assert_eq!(draft.plan.parameters, 7 * 3 + 3);
        assert_eq!(draft.left_out[0].column, "penguin_id");
    }

    #[test]
    fn editing_the_text_edits_the_controls_and_the_other_way_round() {
        let mut draft = draft();
        draft.text = draft.text.replace("epochs = ", "epochs = 1");
        let epochs = draft.recipe.training.epochs;
        draft.take_text();
        assert_eq!(
            draft.recipe.training.epochs,
            format!("1{epochs}").parse::<u32>().unwrap()
        );
        draft.recipe.choose_model(ModelKind::Mlp, 344);
        draft.settle();
        assert!(draft.text.contains("kind = \"mlp\""), "{}", draft.text);
        assert_eq!(draft.layers, "128, 64");
        assert_eq!(draft.ready.unwrap().model, "mlp");
    }

    #[test]
    fn a_wrong_text_is_kept_as_typed_and_cannot_be_trained() {
        let mut draft = draft();
        draft.text = draft.text.replace("epochs = ", "epochs = -");
        let typed = draft.text.clone();
        draft.take_text();
        assert_eq!(draft.text, typed);
        assert!(draft.ready.is_none());
        let problem = draft.problem.unwrap();
        assert!(problem.message.contains("training.epochs"), "{}", problem.message);
    }

    #[test]
    fn features_stay_in_the_order_of_the_file() {
        let mut draft = draft();
        let wish = |name: &str, include: bool| (name.to_owned(), include);
        draft.include_all(&[wish("island", false), wish("penguin_id", true)]);
        draft.include_all(&[wish("island", true)]);
        draft.settle();
        assert_eq!(draft.recipe.features.include, ["island", "mass", "sex", "penguin_id"]);
        assert!(!draft.may_include("species"));
        draft.include_all(&["island", "mass", "sex", "penguin_id"].map(|name| wish(name, false)));
        draft.settle();
        assert!(draft.ready.is_none() && draft.why_not().unwrap().contains("features.include"));
    }

    #[test]
    fn a_column_that_is_not_there_is_said_before_training() {
        let mut draft = draft();
        draft.text = draft.text.replace("\"island\"", "\"iland\"");
        draft.take_text();
        assert_eq!(draft.problem, None);
        assert_eq!(draft.why_not().as_deref(), Some("The data has no column 'iland'."));
    }

    #[test]
    fn another_target_keeps_the_model_a_person_chose() {
        let mut older = draft();
        older.recipe.choose_model(ModelKind::Mlp, 344);
        older.recipe.run.threads = Some(2);
        let mut newer = draft();
        newer.take_over(&older);
        assert_eq!(
            (newer.recipe.model.kind(), newer.recipe.run.threads),
            (ModelKind::Mlp, Some(2))
        );
        assert_eq!(newer.recipe.target.task, Task::MultiClass);
    }

    #[test]
    fn a_second_run_of_a_recipe_has_a_name_of_its_own() {
        let mut draft = draft();
        let taken = ["penguins · species · linear", "penguins · species · linear 2"];
        draft.name_apart(|name| taken.contains(&name));
        assert_eq!(draft.name, "penguins · species · linear 3");
        assert_eq!(draft.ready.unwrap().name, draft.name);
    }

    #[test]
    fn a_column_that_splits_is_no_feature_until_it_splits_no_more() {
        let mut draft = draft();
        super::super::split::choose(&mut draft, SplitMethod::Grouped);
        draft.split_by(Some("island".into()));
        draft.settle();
        assert_eq!(draft.recipe.features.include, ["mass", "sex"]);
        assert_eq!(draft.problem, None);
        super::super::split::choose(&mut draft, SplitMethod::KFold);
        draft.settle();
        assert_eq!(draft.recipe.features.include, ["island", "mass", "sex"]);
        assert_eq!(draft.problem, None);
        assert_eq!(draft.plan.parts.map(|parts| parts[2]), Some(69));
        super::super::split::choose(&mut draft, SplitMethod::Stratified);
        draft.settle();
        assert_eq!((draft.problem, draft.recipe.split.test), (None, 0.2));
    }

    #[test]
    fn layers_are_read_as_typed() {
        assert_eq!(layers_of("128, 64"), Some(vec![128, 64]));
        assert_eq!(layers_of("32"), Some(vec![32]));
        assert_eq!(layers_of("32, x"), None);
        assert_eq!(layers_of(""), Some(vec![]));
    }
}
