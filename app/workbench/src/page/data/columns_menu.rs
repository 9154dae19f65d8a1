//! The menu of all columns: which are shown, which are frozen, found by their names.

use egui::{Align, Layout as Flow, Popup, PopupCloseBehavior, RichText, ScrollArea, Ui};
use egui_phosphor::regular as icons;

use crate::context::AppContext;
use crate::format;
use crate::grid::{Head, Layout, kind_icon};
use crate::theme::{font, size};
use crate::widget::{Button, check_ui, ellipsis_ui, hairline_ui, label_ui, row_ui, search_ui};

const WIDTH: f32 = 300.0;
const HEIGHT: f32 = 320.0;

/// What the menu keeps between frames.
#[derive(Default)]
pub(super) struct ColumnsMenu {
    search: String,
    /// The columns whose names hold what is searched, and of what that was told.
    found: Vec<usize>,
    told: Option<(String, usize)>,
}

/// Draws the button and its menu. Answers the column to go to.
pub(super) fn columns_menu_ui(
    menu: &mut ColumnsMenu,
    layout: &mut Layout,
    heads: &[Head],
    ctx: &AppContext<'_>,
    ui: &mut Ui,
) -> Option<usize> {
    let hidden = layout.hidden_among(heads);
    let name = if hidden > 0 {
        format!("Columns, {} hidden", format::count(hidden as u64))
    } else {
        "Columns".to_owned()
    };
    let button = Button::quiet(&name)
        .glyph(icons::COLUMNS)
        .selected(hidden > 0)
        .tooltip("Show, hide and freeze columns");
    let response = ui.add(button);
    let mut wanted = None;
    Popup::menu(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .accessible_name("Columns of the table")
        .show(|ui| {
            ui.set_width(WIDTH);
            let field = search_ui(ui, "Find a column", &mut menu.search, "Find a column", WIDTH - 16.0);
            if response.clicked() {
                field.request_focus();
            }
            menu.find(heads);
            if menu.found.is_empty() {
                label_ui(ui, "No column is named like that");
            }
            wanted = rows_ui(menu, layout, heads, ctx, ui);
            hairline_ui(ui);
            ui.horizontal(|ui| {
                let why = (hidden == 0).then_some("None is hidden");
                if ui
                    .add(Button::quiet("Show all").glyph(icons::EYE).disabled(why))
                    .clicked()
                {
                    layout.show_all();
                }
                let why = (!layout.is_changed()).then_some("It is as it was at first");
                let reset = Button::quiet("Reset layout")
                    .glyph(icons::ARROW_COUNTER_CLOCKWISE)
                    .disabled(why)
                    .tooltip("Order, widths, frozen and hidden columns and number formats as they were at first");
                if ui.add(reset).clicked() {
                    layout.reset();
                }
            });
            if wanted.is_some() {
                ui.close();
            }
        });
    wanted
}

/// The columns that were found. Answers the one to go to.
fn rows_ui(
    menu: &ColumnsMenu,
    layout: &mut Layout,
    heads: &[Head],
    ctx: &AppContext<'_>,
    ui: &mut Ui,
) -> Option<usize> {
    let mut go = None;
    let shown = heads.len() - layout.hidden_among(heads);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .max_height(HEIGHT)
        .auto_shrink([false, true])
        .show_rows(ui, size::CONTROL_HEIGHT, menu.found.len(), |ui, range| {
            for at in &menu.found[range] {
                let Some(head) = heads.get(*at) else { continue };
                row_ui(ui, size::CONTROL_HEIGHT, |ui| {
                    ui.spacing_mut().item_spacing.x = 6.0;
                    let mut is_shown = !layout.is_hidden(&head.name);
                    let is_last = is_shown && shown <= 1;
                    let check = ui.add_enabled_ui(!is_last, |ui| check_ui(ui, "", &mut is_shown)).inner;
                    let id = check.id;
                    check
                        .ctx
                        .accesskit_node_builder(id, |node| node.set_label(format!("Show {}", head.name)));
                    if check.changed() {
                        layout.set_hidden(&head.name, !is_shown);
                    }
                    ui.label(
                        RichText::new(kind_icon(head.kind))
                            .font(font::icon(13.0))
                            .color(ctx.tokens.text_secondary),
                    );
                    ui.with_layout(Flow::right_to_left(Align::Center), |ui| {
                        ui.add_space(12.0);
                        let is_frozen = layout.is_frozen(&head.name);
                        let words = if is_frozen { "Unfreeze" } else { "Freeze" };
                        let name = format!("{words} {}", head.name);
                        let pin = Button::icon(icons::PUSH_PIN, &name).selected(is_frozen);
                        if ui.add(pin).clicked() {
                            layout.set_frozen(&head.name, !is_frozen);
                        }
                        if ui
                            .add(Button::icon(icons::ARROW_RIGHT, &format!("Go to {}", head.name)))
                            .clicked()
                        {
                            go = Some(*at);
                        }
                        ui.with_layout(Flow::left_to_right(Align::Center), |ui| {
                            ellipsis_ui(ui, RichText::new(&head.name).color(ctx.tokens.text), &head.name);
                        });
                    });
                });
            }
        });
    go
}

impl ColumnsMenu {
    /// Looks for the columns when what is searched or the table changed.
    fn find(&mut self, heads: &[Head]) {
        let is_told = self
            .told
            .as_ref()
            .is_some_and(|(search, count)| *search == self.search && *count == heads.len());
        if is_told {
            return;
        }
        let wanted = self.search.trim().to_lowercase();
        let named = heads
            .iter()
            .enumerate()
            .filter(|(_, head)| wanted.is_empty() || head.name.to_lowercase().contains(&wanted));
        self.found = named.map(|(at, _)| at).collect();
        self.told = Some((self.search.clone(), heads.len()));
    }
}
