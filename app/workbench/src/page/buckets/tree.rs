//! The tree at the left: connections, buckets and folders, read when they are opened.

use std::collections::{BTreeMap, BTreeSet};

use aloft_base::connection::{Connection, Provider};
use aloft_cloud::{Ability, ListRequest};
use egui::{CornerRadius, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use super::entry::{Kind, shown};
use crate::address::above;
use crate::command::{Ask, CommandSender, Navigate};
use crate::context::AppContext;
use crate::route::BucketPlace;
use crate::theme::{font, size};
use crate::widget::{Button, one_line};
use crate::work::{Fetch, Storage};

/// At most so many folders of one place are in the tree; the table has all.
const MOST: usize = 500;
/// Of a place with many objects and few folders no more pages than this are read for the tree.
const MOST_PAGES: usize = 10;

/// What is below a place, and whether that is all.
type Below = (Vec<BucketPlace>, bool);

/// What the tree keeps between frames.
#[derive(Debug, Default)]
pub(super) struct Tree {
    open: BTreeSet<BucketPlace>,
    below: BTreeMap<BucketPlace, Fetch<Below>>,
    /// Places to be read anew; what was read stays visible.
    stale: BTreeSet<BucketPlace>,
    /// The place that was made visible last.
    shown: Option<BucketPlace>,
    reveal: bool,
}

/// One line of the tree.
struct Row {
    place: BucketPlace,
    depth: usize,
    name: String,
    glyph: &'static str,
    kind: &'static str,
    is_open: bool,
}

/// A line of the tree that leads nowhere.
enum Line {
    Row(Row),
    Remark { depth: usize, text: String },
}

impl Tree {
    /// What was read is not true any more.
    pub(super) fn forget(&mut self) {
        self.stale = self.open.clone();
    }

    /// Opens the way to the place in front, and reads what is open.
    pub(super) fn logic(&mut self, ctx: &AppContext<'_>, place: Option<&BucketPlace>) {
        if !ctx.library.is_loaded() {
            return;
        }
        if self.shown.as_ref() != place {
            self.shown = place.cloned();
            self.reveal = true;
            let mut next = place.cloned();
            while let Some(way) = next {
                next = above(&way);
                self.open.insert(way);
            }
        }
        for fetch in self.below.values_mut() {
            fetch.poll();
        }
        let missing: Vec<BucketPlace> = self
            .open
            .iter()
            .filter(|place| !self.below.contains_key(*place) || self.stale.contains(*place))
            .cloned()
            .collect();
        for place in missing {
            let Some(connection) = ctx.library.connection(&place.connection) else {
                self.open.remove(&place);
                continue;
            };
            let fetch = self.below.entry(place.clone()).or_default();
            if fetch.is_pending() {
                continue;
            }
            let (at, known) = (place.clone(), connection.spec.buckets.clone());
            ctx.work
                .fetch_remote(fetch, connection, move |storage| below(storage, at, known));
            if fetch.is_pending() {
                self.stale.remove(&place);
            }
        }
    }

    /// Draws the tree.
    pub(super) fn ui(
        &mut self,
        place: Option<&BucketPlace>,
        ctx: &AppContext<'_>,
        ui: &mut Ui,
        commands: &mut CommandSender,
    ) {
        let mut lines = Vec::new();
        for connection in ctx.library.connections() {
            self.gather(connection, &mut lines);
        }
        ScrollArea::vertical()
            .auto_shrink(false)
            .id_salt("tree")
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for line in &lines {
                    match line {
                        Line::Row(row) => self.row_ui(row, place == Some(&row.place), ctx, ui, commands),
                        Line::Remark { depth, text } => remark_ui(*depth, text, ctx, ui),
                    }
                }
                ui.add_space(size::GAP);
                let connect = Button::quiet("Connect a bucket…").glyph(icons::PLUS);
                if ui.add(connect).clicked() {
                    commands.send(Ask::Connect);
                }
            });
        self.reveal = false;
    }

    fn gather(&self, connection: &Connection, lines: &mut Vec<Line>) {
        let place = BucketPlace {
            connection: connection.id.clone(),
            ..BucketPlace::default()
        };
        let glyph = if connection.spec.provider == Provider::Local {
            icons::DESKTOP
        } else {
            icons::CLOUD
        };
        self.gather_from(place, connection.name.clone(), glyph, "Connection", 0, lines);
    }

    fn gather_from(
        &self,
        place: BucketPlace,
        name: String,
        glyph: &'static str,
        kind: &'static str,
        depth: usize,
        lines: &mut Vec<Line>,
    ) {
        let is_open = self.open.contains(&place);
        let below = self.below.get(&place);
        lines.push(Line::Row(Row {
            place,
            depth,
            name,
            glyph,
            kind,
            is_open,
        }));
        if !is_open {
            return;
        }
        let remark = |text: &str| Line::Remark {
            depth: depth + 1,
            text: text.to_owned(),
        };
        let Some(below) = below else { return };
        match (below.value(), below.report()) {
            (None, Some(report)) => lines.push(remark(match report.kind {
                aloft_base::ErrorKind::PermissionDenied => "Not allowed",
                aloft_base::ErrorKind::Unavailable => "Not reached",
                _ => "Could not be listed",
            })),
            (None, None) => lines.push(remark("…")),
            (Some((places, is_all)), _) => {
                for place in places {
                    let (name, glyph, kind) = if place.prefix.is_empty() {
                        (place.bucket.clone(), icons::HARD_DRIVES, "Bucket")
                    } else {
                        let start = above(place).map_or(0, |above| above.prefix.len());
                        (shown(&place.prefix[start..], Kind::Folder), icons::FOLDER, "Folder")
                    };
                    self.gather_from(place.clone(), name, glyph, kind, depth + 1, lines);
                }
                if !is_all {
                    lines.push(remark("More in the table"));
                }
            }
        }
    }

    fn row_ui(&mut self, row: &Row, chosen: bool, ctx: &AppContext<'_>, ui: &mut Ui, commands: &mut CommandSender) {
        let tokens = ctx.tokens;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW_HEIGHT), Sense::click());
        let says = format!("{} {} in the tree", row.kind, row.name);
        response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, chosen, &says));
        if chosen && self.reveal {
            response.scroll_to_me(None);
        }
        let left = rect.left() + 4.0 + row.depth as f32 * 14.0;
        let caret = egui::Rect::from_min_size(pos2(left, rect.top()), vec2(16.0, rect.height()));
        if ui.is_rect_visible(rect) {
            let painter = ui.painter();
            if chosen {
                painter.rect_filled(rect, CornerRadius::same(4), tokens.selected);
            } else if response.hovered() {
                painter.rect_filled(rect, CornerRadius::same(4), tokens.hover);
            }
            if response.has_focus() {
                let ring = Stroke::new(1.5, tokens.accent);
                painter.rect_stroke(rect, CornerRadius::same(4), ring, StrokeKind::Inside);
            }
            let glyph = if row.is_open {
                icons::CARET_DOWN
            } else {
                icons::CARET_RIGHT
            };
            let middle = egui::Align2::CENTER_CENTER;
            painter.text(caret.center(), middle, glyph, font::icon(11.0), tokens.text_secondary);
            let at = pos2(caret.right() + 10.0, rect.center().y);
            let ink = if chosen { tokens.accent } else { tokens.text_secondary };
            painter.text(at, middle, row.glyph, font::icon(15.0), ink);
            let words = pos2(caret.right() + 24.0, rect.center().y);
            let font = if row.depth == 0 { font::medium() } else { font::body() };
            let galley = one_line(ui, &row.name, font, tokens.text, rect.right() - words.x - 4.0);
            let at = pos2(words.x, words.y - galley.size().y / 2.0);
            ui.painter().galley(at, galley, tokens.text);
        }
        let keys = |key| response.has_focus() && ui.input(|input| input.key_pressed(key));
        let (right, left) = (keys(egui::Key::ArrowRight), keys(egui::Key::ArrowLeft));
        let on_caret = response
            .interact_pointer_pos()
            .is_some_and(|at| caret.expand(2.0).contains(at));
        if right || left || response.clicked() && on_caret {
            let open = if right || left { right } else { !row.is_open };
            if open {
                self.open.insert(row.place.clone());
            } else {
                self.open.remove(&row.place);
            }
        } else if response.clicked() {
            commands.send(Navigate::bucket(row.place.clone()));
        }
        response.on_hover_text(&row.name);
    }
}

fn remark_ui(depth: usize, text: &str, ctx: &AppContext<'_>, ui: &mut Ui) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW_HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let at = pos2(rect.left() + 44.0 + depth as f32 * 14.0 - 14.0, rect.center().y);
    let ink = ctx.tokens.text_secondary;
    ui.painter()
        .text(at, egui::Align2::LEFT_CENTER, text, font::label(), ink);
}

/// The buckets of a connection, or the folders of a prefix.
async fn below(storage: Storage, at: BucketPlace, known: Vec<String>) -> aloft_cloud::Result<Below> {
    let bucket = |bucket: String| BucketPlace { bucket, ..at.clone() };
    if at.bucket.is_empty() {
        let listed = if storage.can(Ability::ListBuckets) {
            storage.buckets().await
        } else {
            Err(storage.cannot(Ability::ListBuckets))
        };
        let names: Vec<String> = match listed {
            Err(error) if known.is_empty() => return Err(error),
            Err(_) => known,
            Ok(listed) => listed.into_iter().map(|bucket| bucket.name).collect(),
        };
        let is_all = names.len() <= MOST;
        return Ok((names.into_iter().take(MOST).map(bucket).collect(), is_all));
    }
    let mut request = ListRequest {
        bucket: at.bucket.clone(),
        prefix: at.prefix.clone(),
        grouped: true,
        ..ListRequest::default()
    };
    let mut found: Vec<BucketPlace> = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = storage.list(&request).await?;
        found.extend(
            page.prefixes
                .into_iter()
                .map(|prefix| BucketPlace { prefix, ..at.clone() }),
        );
        if found.len() > MOST {
            break;
        }
        request.token = page.token;
        if request.token.is_none() {
            return Ok((found, true));
        }
    }
    found.truncate(MOST);
    Ok((found, false))
}
