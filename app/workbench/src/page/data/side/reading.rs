//! How the file is read: what was found in it and why, what a person says instead, and what that
//! makes of the first rows.

use std::path::PathBuf;

use aloft_base::Report;
use aloft_base::dataset::Dataset;
use aloft_data::{CsvOptions, DateOrder, Encoding, Reading, ReadingSample, reading, sample_reading};
use egui::{RichText, Ui, vec2};
use egui_phosphor::regular as icons;

use crate::command::{CommandSender, DataCommand};
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::{
    Button, combo_ui, key_value_ui, label_ui, paragraph_ui, problem_ui, secondary_ui, section_ui, segmented_ui,
    skeleton_rows_ui, text_field_ui,
};
use crate::work::{Fetch, Lane};

use super::super::{tab::Tab, table};

const WIDTH: f32 = 300.0;
/// So many of the first rows are tried.
const ROWS: usize = 20;
/// So many columns, and values of each, are shown of them.
const COLUMNS_SHOWN: usize = 40;
const VALUES_SHOWN: usize = 3;

const DELIMITERS: [(char, &str); 6] = [
    (',', "Comma  ,"),
    (';', "Semicolon  ;"),
    ('\t', "Tab"),
    ('|', "Bar  |"),
    (' ', "Space"),
    (':', "Colon  :"),
];
/// A character that no text holds stands for no quotes.
const QUOTES: [(char, &str); 3] = [('"', "Double  \""), ('\'', "Single  '"), ('\0', "None")];

/// What is known of how the file is read, and what a person says of it.
#[derive(Default)]
pub(in super::super) struct ReadingPanel {
    found: Fetch<Reading>,
    /// The content that was looked at.
    key: String,
    /// As the person says; nothing until the file was looked at.
    said: Option<CsvOptions>,
    /// The words for missing as they are typed.
    missing: String,
    sample: Fetch<ReadingSample>,
    /// What the sample was read with.
    sampled: Option<CsvOptions>,
}

impl ReadingPanel {
    /// Whether anything can be said of how a dataset is read.
    pub(in super::super) fn fits(row: &Dataset) -> bool {
        row.source.get("csv").is_some_and(serde_json::Value::is_object)
    }

    /// Takes in what was found, looks at the file when it is another one, and tries what is said.
    pub(in super::super) fn logic(&mut self, ctx: &AppContext<'_>, row: &Dataset, is_open: bool) {
        self.found.poll();
        self.sample.poll();
        if !is_open || !Self::fits(row) || row.key.is_empty() {
            return;
        }
        let Ok(source) = table::source_of(row) else { return };
        if self.key != row.key && !self.found.is_pending() {
            let path: PathBuf = source.path.clone();
            ctx.work.fetch(Lane::Rows, &mut self.found, move |_| {
                reading(&path).map_err(|error| Report::of(&error))
            });
            if self.found.is_pending() {
                self.key.clone_from(&row.key);
                self.said.clone_from(&source.csv);
                self.sampled = None;
                let words = source.csv.as_ref().map(|options| options.null_values.join(", "));
                self.missing = words.unwrap_or_default();
            }
        }
        if self.said != self.sampled && !self.sample.is_pending() {
            let Some(said) = self.said.clone() else { return };
            let tried = source.read_with(said.clone());
            ctx.work.fetch(Lane::Rows, &mut self.sample, move |_| {
                sample_reading(&tried, ROWS).map_err(|error| Report::of(&error))
            });
            if self.sample.is_pending() {
                self.sampled = Some(said);
            }
        }
    }
}

/// Draws the panel.
pub(super) fn reading_ui(
    tab: &mut Tab,
    row: &Dataset,
    _ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    let panel = &mut tab.reading;
    if let Some(report) = panel.found.report().cloned() {
        if problem_ui(
            ui,
            "How the file is written cannot be found out",
            &report,
            true,
            commands,
        ) {
            panel.key.clear();
        }
        return;
    }
    let (Some(found), Some(said)) = (panel.found.value().cloned(), panel.said.as_mut()) else {
        skeleton_rows_ui(ui, 6);
        return;
    };
    options_ui(ui, &found, said, &mut panel.missing);
    ui.add_space(size::GAP);
    let now: Option<CsvOptions> = row
        .source
        .get("csv")
        .and_then(|csv| serde_json::from_value(csv.clone()).ok());
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
        let why = (now.as_ref() == Some(&*said)).then_some("The file is read so now");
        let apply = Button::primary("Read it so").glyph(icons::CHECK).disabled(why);
        if ui.add(apply).clicked() {
            let is_found = *said == found.options;
            commands.send(DataCommand::SetReading {
                id: row.id.clone(),
                options: (!is_found).then(|| said.clone()),
            });
        }
        let why = (*said == found.options).then_some("These are what was found");
        if ui.add(Button::new("As found").disabled(why)).clicked() {
            panel.missing = found.options.null_values.join(", ");
            *said = found.options.clone();
        }
    });
    secondary_ui(ui, "Kept with the dataset; rows, types and profile are made anew");
    ui.add_space(size::GAP);
    section_ui(ui, "The first rows");
    match (panel.sample.report().cloned(), panel.sample.value()) {
        (Some(report), _) => drop(problem_ui(ui, "The file cannot be read so", &report, false, commands)),
        (None, Some(sample)) => sample_ui(ui, sample),
        (None, None) => skeleton_rows_ui(ui, 3),
    }
}

fn options_ui(ui: &mut Ui, found: &Reading, said: &mut CsvOptions, missing: &mut String) {
    label_ui(ui, "Values are separated by");
    character_ui(ui, "Delimiter", &mut said.delimiter, &DELIMITERS);
    paragraph_ui(ui, &found.delimiter);

    label_ui(ui, "Values that hold it stand in quotes");
    character_ui(ui, "Quote", &mut said.quote, &QUOTES);
    paragraph_ui(ui, &found.quote);

    label_ui(ui, "The first row holds");
    segmented_ui(ui, &mut said.has_header, &[(true, "Names"), (false, "Values")]);
    paragraph_ui(ui, &found.header);

    label_ui(ui, "Letters are written in");
    combo_ui(ui, "Encoding", said.encoding.label(), WIDTH, |ui| {
        for encoding in Encoding::ALL {
            ui.selectable_value(&mut said.encoding, encoding, encoding.label());
        }
    });
    paragraph_ui(ui, &found.encoding);

    label_ui(ui, "Decimals are written");
    segmented_ui(ui, &mut said.decimal_comma, &[(false, "3.14"), (true, "3,14")]);
    paragraph_ui(ui, &found.decimals);

    label_ui(ui, "Dates are written");
    let order = |order: Option<DateOrder>| order.map_or("As found in each column", DateOrder::label);
    combo_ui(ui, "Date order", order(said.date_order), WIDTH, |ui| {
        ui.selectable_value(&mut said.date_order, None, order(None));
        for wanted in DateOrder::ALL {
            ui.selectable_value(&mut said.date_order, Some(wanted), wanted.label());
        }
    });
    paragraph_ui(ui, &found.dates);

    label_ui(ui, "Words for missing");
    if text_field_ui(ui, "Words for missing", missing, "NA, null", WIDTH - 16.0).changed() {
        let words = missing.split(',').map(|word| word.trim().to_owned());
        said.null_values = words.filter(|word| !word.is_empty()).collect();
    }
    paragraph_ui(ui, &found.missing);
}

fn character_ui(ui: &mut Ui, name: &str, chosen: &mut char, choices: &[(char, &str)]) {
    let known = choices.iter().find(|(character, _)| character == chosen);
    let shown = known.map_or_else(|| chosen.to_string(), |(_, label)| (*label).to_owned());
    combo_ui(ui, name, &shown, WIDTH, |ui| {
        for (character, label) in choices {
            ui.selectable_value(chosen, *character, *label);
        }
    });
}

/// Each column with its type and its first values.
fn sample_ui(ui: &mut Ui, sample: &ReadingSample) {
    for (column, cells) in sample.schema.iter().zip(&sample.cells).take(COLUMNS_SHOWN) {
        key_value_ui(ui, &column.name, column.kind.label());
        let values: Vec<&str> = cells.iter().take(VALUES_SHOWN).map(aloft_data::Cell::text).collect();
        let text = values.join("  ·  ");
        ui.add(egui::Label::new(RichText::new(&text).font(font::mono_label())).truncate())
            .on_hover_text(&text);
    }
    let more = sample
        .schema
        .len()
        .saturating_sub(COLUMNS_SHOWN.min(sample.cells.len()));
    if more > 0 {
        secondary_ui(
            ui,
            &format!(
                "and {}",
                crate::format::plural(more as u64, "more column", "more columns")
            ),
        );
    }
}
