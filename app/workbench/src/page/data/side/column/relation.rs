//! What the column has to do with the target: the test by its name, the effect in words, its caution.

use aloft_data::{Relation, Relations, Strength, Test};
use egui::{RichText, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::command::CommandSender;
use crate::context::AppContext;
use crate::format;
use crate::theme::{font, size};
use crate::widget::{Tone, combo_ui, key_value_ui, label_ui, paragraph_ui, pill_ui, problem_ui, progress_bar_ui};

use super::super::super::tab::Tab;

pub(super) fn relation_ui(
    tab: &mut Tab,
    column: &str,
    ctx: &AppContext<'_>,
    ui: &mut Ui,
    commands: &mut CommandSender,
) {
    label_ui(ui, "Column to predict");
    target_ui(tab, ui);
    ui.add_space(size::GAP);
    let relating = &tab.relating;
    let Some(target) = &relating.target else {
        paragraph_ui(ui, "Choose the column to predict to see what this one tells about it.");
        return;
    };
    if relating.found.is_pending() {
        progress_bar_ui(ui, "Comparing the columns", None, Tone::Accent, 280.0);
    }
    if let Some(report) = relating.found.report().cloned() {
        problem_ui(ui, "The columns cannot be compared", &report, false, commands);
        return;
    }
    let Some(found) = relating.found.value().filter(|found| found.target == *target) else {
        return;
    };
    if target == column {
        paragraph_ui(ui, "This is the target itself. Open another column to compare it.");
        return;
    }
    if let Some(relation) = found.columns.iter().find(|relation| relation.column == column) {
        figures_ui(ctx, ui, relation, found);
    } else if let Some(left) = found.left_out.iter().find(|left| left.column == column) {
        paragraph_ui(ui, &format!("It is not compared: {}.", left.why));
    }
}

/// The column to predict, out of those that are shown.
fn target_ui(tab: &mut Tab, ui: &mut Ui) {
    let shown = tab.relating.target.clone().unwrap_or_else(|| "None yet".to_owned());
    let mut chosen = None;
    combo_ui(ui, "Compare with", &shown, 280.0, |ui| {
        let heads = tab.shown().map(|table| table.heads.as_slice()).unwrap_or_default();
        // Of many columns only those in sight are drawn.
        ScrollArea::vertical()
            .max_height(240.0)
            .show_rows(ui, 20.0, heads.len(), |ui, range| {
                for head in heads.get(range).unwrap_or_default() {
                    if ui.selectable_label(head.name == shown, &head.name).clicked() {
                        chosen = Some(head.name.clone());
                        ui.close();
                    }
                }
            });
    });
    if let Some(chosen) = chosen {
        tab.relating.target = Some(chosen);
    }
}

fn figures_ui(ctx: &AppContext<'_>, ui: &mut Ui, relation: &Relation, found: &Relations) {
    let (tone, word) = match relation.strength {
        Strength::Negligible => (Tone::Neutral, "Negligible effect"),
        Strength::Weak => (Tone::Neutral, "Weak effect"),
        Strength::Medium => (Tone::Accent, "Medium effect"),
        Strength::Strong => (Tone::Good, "Strong effect"),
    };
    ui.horizontal(|ui| {
        pill_ui(ui, tone, icons::GRAPH, word);
        let of = if found.is_sample {
            format!("in a sample of {}", format::plural(relation.rows, "row", "rows"))
        } else {
            format!("in {}", format::plural(relation.rows, "row", "rows"))
        };
        label_ui(ui, &of);
    });
    ui.label(
        RichText::new(relation.test.label())
            .font(font::medium())
            .color(ctx.tokens.text),
    );
    paragraph_ui(ui, &in_words(relation, found));
    match &relation.test {
        Test::Correlation(test) => {
            key_value_ui(ui, "Pearson r", &with_p(test.pearson, test.pearson_p));
            key_value_ui(ui, "Spearman ρ", &with_p(test.spearman, test.spearman_p));
        }
        Test::Anova(test) => {
            let f = test.f.map_or_else(|| "∞".to_owned(), format::value);
            let [between, within] = test.degrees.map(format::count);
            key_value_ui(ui, "F", &format!("{f} ({between} and {within} degrees)"));
            key_value_ui(ui, "p", &p_text(test.p));
            key_value_ui(ui, "η²", &format::value(test.eta_squared));
        }
        Test::ChiSquared(test) => {
            let degrees = format::plural(test.degrees, "degree", "degrees");
            key_value_ui(ui, "χ²", &format!("{} ({degrees})", format::value(test.statistic)));
            key_value_ui(ui, "p", &p_text(test.p));
            key_value_ui(ui, "Cramér's V", &format::value(test.cramers_v));
        }
    }
    let information = format!(
        "{} nats, {} of the target",
        format::value(relation.mutual_information),
        format::percent(relation.told)
    );
    key_value_ui(ui, "Mutual inform.", &information).on_hover_text(
        "The plug-in estimate over classes and ten bins of equally many numbers, and which share of what is \
         uncertain about the target it is",
    );
    for caution in &relation.cautions {
        ui.horizontal_top(|ui| {
            ui.label(
                RichText::new(icons::WARNING_CIRCLE)
                    .font(font::icon(13.0))
                    .color(ctx.tokens.text_secondary),
            );
            paragraph_ui(ui, caution);
        });
    }
}

/// What the figures mean, in a sentence.
fn in_words(relation: &Relation, found: &Relations) -> String {
    let (column, target) = (&relation.column, &found.target);
    match &relation.test {
        Test::Correlation(test) => {
            let way = if test.spearman < 0.0 { "falls" } else { "rises" };
            if relation.strength == Strength::Negligible {
                format!("“{target}” neither rises nor falls with “{column}” to speak of.")
            } else {
                format!(
                    "“{target}” {way} with “{column}”; a line explains {} of its spread.",
                    format::percent(test.pearson * test.pearson)
                )
            }
        }
        Test::Anova(test) => {
            let (numbers, groups) = if found.target_is_class {
                (column, target)
            } else {
                (target, column)
            };
            format!(
                "{} of the spread of “{numbers}” lies between the groups of “{groups}”.",
                format::percent(test.eta_squared)
            )
        }
        Test::ChiSquared(_) => format!(
            "Knowing “{column}” takes away {} of what is uncertain about “{target}”.",
            format::percent(relation.told)
        ),
    }
}

fn with_p(figure: f64, p: f64) -> String {
    format!("{} (p {})", format::value(figure), p_text(p))
}

/// A p as papers write it; one that is no number of 64 bits any more is below the least of them.
fn p_text(p: f64) -> String {
    if p == 0.0 {
        "< 1e-300".to_owned()
    } else if p < 0.000_1 {
        format!("{p:.1e}")
    } else {
        format!("{p:.4}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_is_never_said_to_be_nothing() {
        assert_eq!(p_text(0.0), "< 1e-300");
        assert_eq!(p_text(2.694e-91), "2.7e-91");
        assert_eq!(p_text(0.0314), "0.0314");
    }
}
