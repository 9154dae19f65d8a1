//! The palette: finds any command, dataset or run by a few letters, and does it.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align, Align2, Context, Frame, Id, Key, Margin, Modal, Modifiers, Role, ScrollArea, Sense, TextEdit, Ui,
    WidgetInfo, pos2, vec2,
};
use egui_phosphor::regular as icons;

use crate::command::{Command, CommandSender, Describe};
use crate::context::AppContext;
use crate::theme::{font, size};
use crate::widget::keys_text;

/// Height of a row.
const ROW: f32 = 34.0;
/// Rows on screen.
const ROWS: f32 = 10.0;

/// What the palette keeps while it is open.
#[derive(Debug, Default)]
pub(super) struct State {
    query: String,
    selected: usize,
    /// Scroll to the selected row in the next frame.
    follow: bool,
    focused: bool,
}

/// A command that matches, best first.
struct Match {
    command: Command,
    text: String,
    /// The letters that were found, as positions of characters.
    letters: Vec<usize>,
    score: i32,
}

/// Draws the palette. Answers whether it is to be closed.
pub(super) fn modal_ui(
    state: &mut State,
    ctx: &AppContext<'_>,
    egui_ctx: &Context,
    commands: &mut CommandSender,
) -> bool {
    let frame = Frame::window(&egui_ctx.global_style()).inner_margin(Margin::ZERO);
    let area = Modal::default_area(Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, 96.0));
    let modal = Modal::new(Id::unique("palette"))
        .area(area)
        .frame(frame)
        .backdrop_color(ctx.tokens.scrim);
    let response = modal.show(egui_ctx, |ui| {
        ui.set_width(600.0);
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut close = keys(state, ui);
        let before = state.query.clone();
        query_ui(state, ctx, ui);
        if state.query != before {
            (state.selected, state.follow) = (0, true);
        }
        crate::widget::hairline_ui(ui);
        let matches = find(&state.query, ctx);
        state.selected = state.selected.min(matches.len().saturating_sub(1));
        let chosen = rows_ui(state, ctx, ui, &matches);
        let entered = ui
            .input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter))
            .then_some(state.selected);
        if let Some(found) = chosen.or(entered).and_then(|row| matches.get(row)) {
            // A command that cannot be done says why when it is tried, and the palette stays.
            let ready = found.command.availability(ctx).is_ready();
            commands.send(found.command.clone());
            close |= ready;
        }
        close
    });
    response.should_close() || response.inner
}

/// Moves the selection. Answers whether the palette is to be closed.
fn keys(state: &mut State, ui: &Ui) -> bool {
    let page = ROWS as usize;
    let mut step = |key: Key, by: isize| {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            state.selected = state.selected.saturating_add_signed(by);
            state.follow = true;
        }
    };
    step(Key::ArrowDown, 1);
    step(Key::ArrowUp, -1);
    step(Key::PageDown, page.cast_signed());
    step(Key::PageUp, -page.cast_signed());
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
}

fn query_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui) {
    Frame::new().inner_margin(Margin::symmetric(16, 10)).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(crate::theme::icon(icons::MAGNIFYING_GLASS).color(ctx.tokens.text_secondary));
            let hint = egui::RichText::new("Search commands, datasets and runs").color(ctx.tokens.text_secondary);
            let edit = TextEdit::singleline(&mut state.query)
                .frame(Frame::NONE)
                .align(Align2::LEFT_CENTER)
                .min_size(vec2(0.0, size::CONTROL_HEIGHT))
                .font(font::section())
                .hint_text(hint.font(font::section()))
                .desired_width(f32::INFINITY);
            let response = ui.add(edit);
            ui.ctx()
                .accesskit_node_builder(response.id, |node| node.set_label("Search commands"));
            if !std::mem::replace(&mut state.focused, true) {
                response.request_focus();
            }
        });
    });
}

/// Draws the rows; answers the one that was pressed.
fn rows_ui(state: &mut State, ctx: &AppContext<'_>, ui: &mut Ui, matches: &[Match]) -> Option<usize> {
    let mut pressed = None;
    if matches.is_empty() {
        Frame::new().inner_margin(Margin::same(20)).show(ui, |ui| {
            crate::widget::secondary_ui(ui, "Nothing is called that. Try fewer letters.");
        });
        return None;
    }
    Frame::new().inner_margin(Margin::same(6)).show(ui, |ui| {
        let mut area = ScrollArea::vertical()
            .max_height(ROW * ROWS)
            .min_scrolled_height(ROW * ROWS)
            .auto_shrink([false, true]);
        if std::mem::take(&mut state.follow) {
            let top = state.selected as f32 * ROW;
            let shown = ui
                .data(|data| data.get_temp::<f32>(Id::unique("palette offset")))
                .unwrap_or(0.0);
            let offset = shown.clamp((top + ROW - ROW * ROWS).max(0.0), top);
            area = area.vertical_scroll_offset(offset);
        }
        let output = area.show_rows(ui, ROW, matches.len(), |ui, range| {
            for row in range {
                if row_ui(ctx, ui, &matches[row], row == state.selected) {
                    pressed = Some(row);
                }
            }
        });
        ui.data_mut(|data| data.insert_temp(Id::unique("palette offset"), output.state.clamped_offset().y));
    });
    pressed
}

/// One command. Answers whether it was pressed.
fn row_ui(ctx: &AppContext<'_>, ui: &mut Ui, found: &Match, selected: bool) -> bool {
    let tokens = ctx.tokens;
    let availability = found.command.availability(ctx);
    let ready = availability.is_ready();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, ready, selected, &found.text));
    if selected {
        ui.painter().rect_filled(rect, size::RADIUS, tokens.selected);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, size::RADIUS, tokens.hover);
    }
    let (ink, plain) = if ready {
        (tokens.accent, tokens.text)
    } else {
        (tokens.text_disabled, tokens.text_disabled)
    };
    let painter = ui.painter();
    let y = rect.center().y;
    painter.text(
        pos2(rect.left() + 18.0, y),
        Align2::CENTER_CENTER,
        found.command.icon(),
        font::icon(size::ICON),
        if selected { ink } else { tokens.text_secondary },
    );
    let reserved = if ready { 96.0 } else { 260.0 };
    let galley = painter.layout_job(highlighted(
        &found.text,
        &found.letters,
        plain,
        ink,
        rect.width() - 38.0 - reserved,
    ));
    let words_end = rect.left() + 38.0 + galley.size().x;
    painter.galley(pos2(rect.left() + 38.0, y - galley.size().y / 2.0), galley, plain);
    if let Some(why) = availability.why_not() {
        // Why it cannot be done is part of the row, and has a label of its own.
        let place = egui::Rect::from_min_max(pos2(words_end + 12.0, rect.top()), rect.right_bottom());
        let id = response.id.with("why");
        let note = ui.interact(place, id, Sense::hover());
        note.widget_info(|| WidgetInfo::labeled(Role::Label, true, why));
        let clipped = painter.with_clip_rect(place.intersect(ui.clip_rect()));
        clipped.text(
            pos2(rect.right() - 10.0, y),
            Align2::RIGHT_CENTER,
            why,
            font::body(),
            tokens.text_secondary,
        );
    } else if let Some(keys) = found.command.shortcut() {
        let text = keys_text(ui.ctx(), &keys);
        painter.text(
            pos2(rect.right() - 10.0, y),
            Align2::RIGHT_CENTER,
            text,
            font::mono_label(),
            tokens.text_secondary,
        );
    }
    response.on_hover_text(found.command.tooltip()).clicked()
}

/// The text with the letters that were found in the accent colour.
fn highlighted(text: &str, letters: &[usize], plain: egui::Color32, ink: egui::Color32, width: f32) -> LayoutJob {
    let mut job = LayoutJob {
        wrap: TextWrapping::truncate_at_width(width),
        ..LayoutJob::default()
    };
    for (position, letter) in text.chars().enumerate() {
        let found = letters.binary_search(&position).is_ok();
        let (font_id, color) = if found {
            (font::medium(), ink)
        } else {
            (font::body(), plain)
        };
        let mut utf8 = [0; 4];
        job.append(
            letter.encode_utf8(&mut utf8),
            0.0,
            TextFormat {
                font_id,
                color,
                valign: Align::Center,
                ..TextFormat::default()
            },
        );
    }
    job
}

/// The commands that match, best first; all of them when nothing was typed.
fn find(query: &str, ctx: &AppContext<'_>) -> Vec<Match> {
    let mut matches: Vec<Match> = Command::offered(ctx)
        .into_iter()
        .filter_map(|command| {
            let text = command.text(ctx).into_owned();
            let (score, letters) = fuzzy(query, &text)?;
            // What can be done comes before what cannot, at equal fit.
            let score = score * 2 + i32::from(command.availability(ctx).is_ready());
            Some(Match {
                command,
                text,
                letters,
                score,
            })
        })
        .collect();
    matches.sort_by_key(|found| std::cmp::Reverse(found.score));
    matches
}

/// How well the letters of a query, in order, are found in a text: starts of words and runs of
/// letters count more, gaps less. `None` when a letter is missing or they are merely strewn about.
fn fuzzy(query: &str, text: &str) -> Option<(i32, Vec<usize>)> {
    let wanted: Vec<char> = query
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    if wanted.is_empty() {
        return Some((0, Vec::new()));
    }
    let letters: Vec<char> = text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect();
    // best[j]: the best score of the query so far that ends at letter j, and where the one before it ended.
    let mut best: Vec<Option<i32>> = vec![None; letters.len()];
    let mut from: Vec<Vec<usize>> = Vec::with_capacity(wanted.len());
    for (nth, letter) in wanted.iter().enumerate() {
        let mut next: Vec<Option<i32>> = vec![None; letters.len()];
        let mut came: Vec<usize> = vec![usize::MAX; letters.len()];
        for at in 0..letters.len() {
            if letters[at] != *letter {
                continue;
            }
            let starts = at == 0 || !letters[at - 1].is_alphanumeric();
            let gain = if starts { 8 } else { 1 };
            if nth == 0 {
                next[at] = Some(gain + i32::from(at == 0) * 4);
                continue;
            }
            for (before, score) in best.iter().enumerate().take(at) {
                let Some(score) = score else { continue };
                let gap = (at - before - 1) as i32;
                let total = score + gain + if gap == 0 { 6 } else { -gap.min(6) };
                if next[at].is_none_or(|known| total > known) {
                    (next[at], came[at]) = (Some(total), before);
                }
            }
        }
        best = next;
        from.push(came);
    }
    let (mut at, score) = best
        .iter()
        .enumerate()
        .filter_map(|(at, score)| score.map(|score| (at, score)))
        .max_by_key(|(at, score)| (*score, std::cmp::Reverse(*at)))?;
    let mut found = vec![at];
    for came in from.iter().skip(1).rev() {
        at = came[at];
        found.push(at);
    }
    found.reverse();
    let strewn = score < 2 * (wanted.len() as i32 - 1);
    (!strewn).then_some((score, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best<'a>(query: &str, texts: &[&'a str]) -> &'a str {
        texts
            .iter()
            .max_by_key(|text| fuzzy(query, text).map(|(score, _)| score))
            .unwrap()
    }

    #[test]
    fn starts_of_words_win_over_scattered_letters() {
        let texts = [
            "Go to Data",
            "Theme: dark",
            "Open file…",
            "Zoom to 100 %",
            "Show or hide the drawer",
        ];
        assert_eq!(best("dark", &texts), "Theme: dark");
        assert_eq!(best("gd", &texts), "Go to Data");
        assert_eq!(best("of", &texts), "Open file…");
        assert_eq!(best("zoo", &texts), "Zoom to 100 %");
    }

    #[test]
    fn a_missing_letter_is_no_match_and_found_letters_are_named() {
        assert_eq!(fuzzy("xyz", "Go to Data"), None);
        assert_eq!(fuzzy("data", "Go to Data").unwrap().1, [6, 7, 8, 9]);
        assert_eq!(fuzzy("GD", "go to data").unwrap().1, [0, 6]);
        assert_eq!(
            fuzzy("pause", "Open customers with a very long name that must not break"),
            None
        );
    }
}
