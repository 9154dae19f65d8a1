//! Small things that pages are made of. Each looks right by itself, says its name to a
//! screen reader, and takes its colours from the theme.

mod button;
mod card;
mod combo;
mod empty;
mod field;
mod heading;
mod log_lines;
mod picture;
mod pill;
mod problem;
mod progress;
mod scroll;
mod segmented;
mod skeleton;
mod sparkline;
mod text;
mod verdict;

pub use button::{Button, ButtonKind, command_button_ui, command_icon_ui};
pub use card::{Card, card_ui, hairline_ui};
pub use combo::{check_ui, combo_ui};
pub use empty::empty_ui;
pub use field::{key_value_ui, search_ui, secret_field_ui, text_field_ui};
pub use heading::ColumnHeading;
pub use log_lines::log_lines_ui;
pub use picture::{Picture, decode_picture, picture_ui};
pub use pill::{Tone, job_kind, job_tone, pill_ui, state_icon, state_pill_ui, state_word};
pub use problem::{notice_ui, problem_ui};
pub use progress::{progress_bar_ui, spinner_ui};
pub use scroll::page_scroll_ui;
pub use segmented::{segmented_ui, tabs_ui};
pub use skeleton::{skeleton_rows_ui, skeleton_ui};
pub use sparkline::sparkline_ui;
pub use text::{
    ellipsis_ui, keys_text, keys_ui, label_ui, mono_ui, one_line, paragraph_ui, row_ui, secondary_ui, section_ui,
};
pub use verdict::{metrics_ui, verdict_ui};
