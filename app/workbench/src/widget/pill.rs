//! Pills: a state as a word with an icon, never as a colour alone.

use aloft_base::job::{Kind, State};
use egui::{Color32, CornerRadius, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use egui_phosphor::regular as icons;

use crate::theme::{self, Tokens, font, size};

/// What kind of news a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Accent,
    Good,
    Warning,
    Bad,
}

impl Tone {
    /// The colours of its words and of what is behind them.
    pub fn colours(self, tokens: &Tokens) -> (Color32, Color32) {
        match self {
            Self::Neutral => (tokens.text_secondary, tokens.hover),
            Self::Accent => (tokens.accent, tokens.selected),
            Self::Good => (tokens.good, tokens.good_soft),
            Self::Warning => (tokens.warning, tokens.warning_soft),
            Self::Bad => (tokens.bad, tokens.bad_soft),
        }
    }
}

/// A word with an icon on a soft ground.
pub fn pill_ui(ui: &mut Ui, tone: Tone, glyph: &str, word: &str) -> Response {
    let tokens = theme::tokens(ui.ctx());
    let (ink, ground) = tone.colours(&tokens);
    let words = ui.painter().layout_no_wrap(word.to_owned(), font::label(), ink);
    let icon_width = if glyph.is_empty() { 0.0 } else { 16.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(words.size().x + icon_width + 12.0, 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, word));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        painter.rect_filled(rect, CornerRadius::same(size::RADIUS - 2), ground);
        if !glyph.is_empty() {
            painter.text(
                pos2(rect.left() + 12.0, rect.center().y),
                egui::Align2::CENTER_CENTER,
                glyph,
                font::icon(12.0),
                ink,
            );
        }
        let at = pos2(rect.left() + 6.0 + icon_width, rect.center().y - words.size().y / 2.0);
        painter.galley(at, words, ink);
    }
    response
}

/// The icon and the verb of what a job does.
pub fn job_kind(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Profile => (icons::CHART_BAR, "Profile"),
        Kind::Train => (icons::GRAPH, "Train"),
        Kind::Serve => (icons::BROADCAST, "Serve"),
        Kind::Watch => (icons::HEARTBEAT, "Watch"),
        Kind::Predict => (icons::LIGHTNING, "Predict"),
        Kind::Query => (icons::FUNNEL, "Query"),
        Kind::Transfer => (icons::ARROWS_DOWN_UP, "Transfer"),
    }
}

/// The state of a run or job.
pub fn state_pill_ui(ui: &mut Ui, state: State) -> Response {
    pill_ui(ui, job_tone(state), state_icon(state), state_word(state))
}

/// What kind of news a state is.
pub fn job_tone(state: State) -> Tone {
    match state {
        State::Queued | State::Stopped => Tone::Neutral,
        State::Running => Tone::Accent,
        State::Paused | State::Interrupted => Tone::Warning,
        State::Done => Tone::Good,
        State::Failed => Tone::Bad,
    }
}

/// The icon of a state.
pub fn state_icon(state: State) -> &'static str {
    match state {
        State::Queued => icons::CLOCK,
        State::Running => icons::PLAY_CIRCLE,
        State::Paused => icons::PAUSE_CIRCLE,
        State::Done => icons::CHECK_CIRCLE,
        State::Stopped => icons::STOP_CIRCLE,
        State::Failed => icons::X_CIRCLE,
        State::Interrupted => icons::WARNING,
    }
}

/// The word for a state.
pub fn state_word(state: State) -> &'static str {
    match state {
        State::Queued => "Queued",
        State::Running => "Running",
        State::Paused => "Paused",
        State::Done => "Done",
        State::Stopped => "Stopped",
        State::Failed => "Failed",
        State::Interrupted => "Interrupted",
    }
}
