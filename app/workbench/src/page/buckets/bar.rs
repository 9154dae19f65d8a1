//! The bar over the table: ways back, forth and up, the path, the search, and what can be done here.

use egui::{Align, Layout, Ui};
use egui_phosphor::regular as icons;

use super::entry::{Kind, shown};
use crate::address::{above, parse, place_address};
use crate::command::{Ask, CommandSender, Navigate};
use crate::context::AppContext;
use crate::route::{BucketPlace, Route};
use crate::widget::{Button, ButtonKind, command_button_ui, command_icon_ui, search_ui, text_field_ui};

/// The search field's width.
const SEARCH: f32 = 168.0;
/// More parts of a path than these are left out in the middle.
const MOST_PARTS: usize = 4;

/// What was done in the bar that the page has to act on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Did {
    Nothing,
    Refresh,
    /// Show or hide the details.
    Details,
    /// Download what is chosen.
    Download,
    /// Somewhere else; this name is to be found there.
    Went(Option<String>),
}

/// What the bar has to know of the page.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub(super) shows_details: bool,
    /// Why what is chosen cannot be downloaded, if so.
    pub(super) no_download: Option<String>,
    /// Why deleted objects cannot be shown, if so.
    pub(super) no_versions: Option<String>,
}

/// What the bar keeps between frames.
#[derive(Debug, Default)]
pub(super) struct Bar {
    /// The address while it is typed.
    typed: Option<String>,
    focus: bool,
    words: String,
    recursive: bool,
    /// Show also what was deleted.
    deleted: bool,
    /// What is searched for in everything below, once Enter was pressed.
    searched: Option<String>,
    /// Why the typed address leads nowhere.
    pub(super) problem: Option<String>,
}

impl Bar {
    /// Lets the address be typed.
    pub(super) fn edit(&mut self) {
        (self.typed, self.focus) = (Some(String::new()), true);
    }

    /// The place was left: what was searched for there is over.
    pub(super) fn left(&mut self) {
        *self = Self {
            typed: self.typed.take(),
            focus: self.focus,
            deleted: self.deleted,
            ..Self::default()
        };
    }

    pub(super) fn filter(&self) -> &str {
        self.words.trim()
    }

    pub(super) fn is_recursive(&self) -> bool {
        self.searched.is_some()
    }

    /// Whether also what was deleted is to be listed.
    pub(super) fn shows_deleted(&self) -> bool {
        self.deleted
    }

    pub(super) fn search(&self) -> Option<&str> {
        self.searched.as_deref()
    }

    /// Draws the bar.
    pub(super) fn ui(
        &mut self,
        place: Option<&BucketPlace>,
        around: &Around,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
    ) -> Did {
        let mut did = Did::Nothing;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            command_icon_ui(ui, ctx, commands, Navigate::Back);
            command_icon_ui(ui, ctx, commands, Navigate::Forward);
            let up = Button::icon(icons::ARROW_UP, "Up")
                .disabled(place.is_none().then_some("This is the top"))
                .tooltip("To the place above  (Backspace)");
            if ui.add(up).clicked() {
                commands.send(up_from(place));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                self.tools_ui(place, around, ctx, ui, commands, &mut did);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.set_clip_rect(ui.max_rect().expand(4.0).intersect(ui.clip_rect()));
                    self.path_ui(place, ctx, ui, commands, &mut did);
                });
            });
        });
        if let Some(problem) = &self.problem {
            crate::widget::secondary_ui(ui, problem);
        }
        did
    }

    /// From the right: the main action, and the others.
    fn tools_ui(
        &mut self,
        place: Option<&BucketPlace>,
        around: &Around,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
        did: &mut Did,
    ) {
        let Some(place) = place else { return };
        let toggle = Button::icon(icons::SIDEBAR_SIMPLE, "Details").selected(around.shows_details);
        if ui
            .add(toggle.tooltip("Show or hide the details of what is selected"))
            .clicked()
        {
            *did = Did::Details;
        }
        if place.bucket.is_empty() {
            let new = Ask::NewBucket(place.connection.clone());
            command_button_ui(ui, ctx, commands, new, ButtonKind::Primary);
        } else {
            let upload = Ask::Upload {
                paths: vec![],
                to: place.clone(),
            };
            command_button_ui(ui, ctx, commands, upload, ButtonKind::Primary);
            let download = Button::icon(icons::DOWNLOAD_SIMPLE, "Download").disabled(around.no_download.as_deref());
            if ui
                .add(download.tooltip("Copy what is selected to a folder of this machine"))
                .clicked()
            {
                *did = Did::Download;
            }
            command_icon_ui(ui, ctx, commands, Ask::NewFolder(place.clone()));
        }
        if ui.add(Button::icon(icons::ARROW_CLOCKWISE, "Refresh")).clicked() {
            *did = Did::Refresh;
        }
        if place.bucket.is_empty() {
            return;
        }
        let deleted = Button::icon(icons::CLOCK_COUNTER_CLOCKWISE, "Show deleted").selected(self.deleted);
        let says = "List also what was deleted and can be restored, where the bucket keeps versions";
        if ui
            .add(deleted.disabled(around.no_versions.as_deref()).tooltip(says))
            .clicked()
        {
            self.deleted = !self.deleted;
        }
        let everywhere = Button::icon(icons::TREE_STRUCTURE, "Search in folders too").selected(self.recursive);
        if ui
            .add(everywhere.tooltip("Search everything below this place, not only what is listed  (Enter)"))
            .clicked()
        {
            self.recursive = !self.recursive;
            self.begin();
        }
        let before = self.words.clone();
        let hint = if self.recursive { "Search everything" } else { "Filter" };
        let field = search_ui(ui, "Search objects", &mut self.words, hint, SEARCH);
        if ctx.find_requested {
            field.request_focus();
        }
        let entered = field.lost_focus() && take_enter(ui);
        if entered && !self.words.trim().is_empty() {
            self.recursive = true;
            self.begin();
        } else if self.words != before && self.searched.is_some() {
            // Other words: the list is that of the place again until Enter says to search.
            self.searched = None;
        }
    }

    fn begin(&mut self) {
        let words = self.words.trim();
        self.searched = (self.recursive && !words.is_empty()).then(|| words.to_owned());
    }

    fn path_ui(
        &mut self,
        place: Option<&BucketPlace>,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
        did: &mut Did,
    ) {
        let here = place.map(|place| place_address(ctx.library, place)).unwrap_or_default();
        let Some(mut typed) = self.typed.take() else {
            self.parts_ui(place, ctx, ui, commands);
            let edit = Button::icon(icons::PENCIL_SIMPLE, "Edit the address");
            if ui
                .add(edit.tooltip(format!("{here}\nType where to go  (Ctrl+L)")))
                .clicked()
            {
                self.edit();
            }
            return;
        };
        if self.focus && typed.is_empty() {
            typed = here;
        }
        let field = text_field_ui(
            ui,
            "Address",
            &mut typed,
            "s3://bucket/prefix/",
            ui.available_width() - 20.0,
        );
        if std::mem::take(&mut self.focus) {
            field.request_focus();
            if let Some(mut edit) = egui::TextEdit::load_state(ui.ctx(), field.id) {
                let all = egui::text::CCursorRange::two(
                    egui::text::CCursor::new(0),
                    egui::text::CCursor::new(typed.chars().count()),
                );
                edit.cursor.set_char_range(Some(all));
                edit.store(ui.ctx(), field.id);
            }
        } else if field.lost_focus() {
            if take_enter(ui) {
                match parse(&typed, ctx.library, place.map(|place| place.connection.as_str())) {
                    Ok((place, name)) => {
                        self.problem = None;
                        commands.send(Navigate::bucket(place));
                        *did = Did::Went(name);
                        return;
                    }
                    Err(problem) => self.problem = Some(problem),
                }
            } else {
                self.problem = None;
                return;
            }
        }
        self.typed = Some(typed);
    }

    /// The parts of the path, each leads there.
    fn parts_ui(
        &mut self,
        place: Option<&BucketPlace>,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
    ) {
        ui.spacing_mut().item_spacing.x = 0.0;
        let mut parts = vec![("Connections".to_owned(), Route::Buckets { place: None })];
        if let Some(place) = place {
            let to = |bucket: &str, prefix: &str| Route::Buckets {
                place: Some(BucketPlace {
                    connection: place.connection.clone(),
                    bucket: bucket.to_owned(),
                    prefix: prefix.to_owned(),
                }),
            };
            let name = ctx.library.connection(&place.connection);
            let name = name.map_or_else(|| place.connection.clone(), |connection| connection.name.clone());
            parts.push((name, to("", "")));
            if !place.bucket.is_empty() {
                parts.push((place.bucket.clone(), to(&place.bucket, "")));
            }
            let mut end = 0;
            for part in place.prefix.split_inclusive('/') {
                end += part.len();
                parts.push((shown(part, Kind::Folder), to(&place.bucket, &place.prefix[..end])));
            }
        }
        let count = parts.len();
        let hidden = if count > MOST_PARTS + 1 {
            1..count - MOST_PARTS + 1
        } else {
            0..0
        };
        for (nth, (name, route)) in parts.into_iter().enumerate() {
            if hidden.contains(&nth) {
                if nth == hidden.start {
                    crate::widget::secondary_ui(ui, " … ");
                }
                continue;
            }
            if nth > 0 {
                ui.label(
                    crate::theme::icon(icons::CARET_RIGHT)
                        .size(11.0)
                        .color(ctx.tokens.text_disabled),
                );
            }
            let room = (ui.available_width() / (count - nth).min(MOST_PARTS) as f32).clamp(48.0, 200.0);
            let button = Button::quiet(&name).max_width(room).tooltip(name.clone());
            if ui.add(button).clicked() {
                if nth + 1 == count {
                    self.edit();
                } else {
                    commands.send(Navigate::To(route));
                }
            }
        }
    }
}

/// Whether Enter was pressed. It ends here: the table would open what is chosen in it.
fn take_enter(ui: &Ui) -> bool {
    ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Enter))
}

fn up_from(place: Option<&BucketPlace>) -> Navigate {
    Navigate::To(Route::Buckets {
        place: place.and_then(above),
    })
}
