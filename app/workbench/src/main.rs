//! Starts the window.

use std::path::PathBuf;
use std::process::ExitCode;

use aloft_base::endpoint::{self, Wanted};
use aloft_base::{Workspace, launch};
use aloft_workbench::app::stored_settings;
use aloft_workbench::theme::size;
use aloft_workbench::{App, Options, icon};
use eframe::{NativeOptions, Renderer};

const USAGE: &str = "\
Aloft's window.

Usage: aloft-workbench [--workspace DIR] [--renderer glow] [FILES…]

  --workspace DIR   the folder with datasets, runs and models
                    (default: $ALOFT_WORKSPACE, else 'aloft' in your data folder)
  --renderer glow   how the window is drawn; glow (OpenGL) is the one there is
  --version         say the version
  --help            say this
";

fn main() -> ExitCode {
    let options = match parse(std::env::args_os().skip(1)) {
        Ok(Start::Window(options)) => options,
        Ok(Start::Say(text)) => return say(&text, ExitCode::SUCCESS),
        Err(problem) => return say(&format!("{problem}\n\n{USAGE}"), ExitCode::from(2)),
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => say(
            &format!(
                "Could not open a window: {error}\n\
                 Aloft needs a display with OpenGL 2.1 or newer; without one, use the command line: aloft --help"
            ),
            ExitCode::FAILURE,
        ),
    }
}

/// What the command line asks for.
enum Start {
    Window(Options),
    Say(String),
}

fn parse(arguments: impl Iterator<Item = std::ffi::OsString>) -> Result<Start, String> {
    let mut options = Options {
        workspace: aloft_base::env::default_workspace(),
        ..Options::default()
    };
    let mut arguments = arguments;
    let mut only_files = false;
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().unwrap_or_default();
        let (name, joined) = match text.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(std::ffi::OsString::from(value))),
            _ => (text, None),
        };
        let mut value = || {
            joined
                .clone()
                .or_else(|| arguments.next())
                .ok_or_else(|| format!("{name} needs a value"))
        };
        match name {
            _ if only_files => options.files.push(PathBuf::from(argument)),
            "--" => only_files = true,
            "--help" | "-h" => return Ok(Start::Say(USAGE.to_owned())),
            "--version" | "-V" => return Ok(Start::Say(format!("aloft-workbench {}", env!("CARGO_PKG_VERSION")))),
            "--workspace" => options.workspace = value()?.into(),
            "--renderer" => {
                let renderer = value()?;
                if renderer != "glow" {
                    return Err(format!(
                        "There is no renderer '{}'; glow is the one there is",
                        renderer.display()
                    ));
                }
            }
            _ if name.starts_with('-') && name.len() > 1 => return Err(format!("There is no option '{name}'")),
            _ => options.files.push(PathBuf::from(argument)),
        }
    }
    // Children and the database work in other folders.
    for file in &mut options.files {
        if let Ok(absolute) = std::path::absolute(&*file) {
            *file = absolute;
        }
    }
    Ok(Start::Window(options))
}

/// After a restart of the machine nobody looks at the endpoints that are to be kept up; the window sees to it.
fn ensure_watch(folder: PathBuf) {
    let ensure = move || -> aloft_base::Result<()> {
        let workspace = Workspace::open(folder)?;
        let wanted = endpoint::list(&workspace)?;
        if wanted.iter().any(|endpoint| endpoint.wanted == Wanted::Up) {
            launch::ensure_watch(&workspace)?;
        }
        Ok(())
    };
    // What keeps this from being done (a damaged workspace, a missing program) the window itself says.
    let begun = std::thread::Builder::new()
        .name("ensure-watch".into())
        .spawn(move || drop(ensure()));
    drop(begun);
}

fn run(options: Options) -> eframe::Result {
    ensure_watch(options.workspace.clone());
    let mut native = NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Aloft")
            .with_app_id("aloft-workbench")
            .with_icon(icon::window_icon())
            .with_inner_size(size::WINDOW)
            .with_min_inner_size(size::WINDOW_MIN)
            .with_drag_and_drop(true),
        renderer: Renderer::Glow,
        ..NativeOptions::default()
    };
    #[cfg(all(unix, not(target_os = "macos")))]
    if aloft_base::env::path("DISPLAY").is_some() {
        // winit takes no dropped files on Wayland; XWayland does.
        native.event_loop_builder = Some(Box::new(|builder| {
            winit::platform::x11::EventLoopBuilderExtX11::with_x11(builder);
        }));
    }
    eframe::run_native(
        "aloft-workbench",
        native,
        Box::new(move |creation| {
            let settings = stored_settings(creation.storage);
            let app = App::new(&creation.egui_ctx, Options { settings, ..options })?;
            Ok(Box::new(app))
        }),
    )
}

#[expect(
    clippy::print_stderr,
    reason = "before there is a window the terminal is the only place to say anything"
)]
fn say(text: &str, code: ExitCode) -> ExitCode {
    eprintln!("{}", text.trim_end());
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, String> {
        match parse(arguments.iter().map(std::ffi::OsString::from))? {
            Start::Window(options) => Ok(options),
            Start::Say(text) => Err(text),
        }
    }

    #[test]
    fn options_and_files_are_told_apart() {
        let options = parsed(&["--workspace", "/w", "/a.csv", "--renderer=glow", "--", "--odd.csv"]).unwrap();
        assert_eq!(options.workspace, PathBuf::from("/w"));
        assert_eq!(options.files[0], PathBuf::from("/a.csv"));
        assert!(options.files[1].ends_with("--odd.csv"));
    }

    #[test]
    fn a_wrong_call_says_what_is_wrong() {
        assert!(
            parsed(&["--renderer", "vulkan"])
                .unwrap_err()
                .contains("no renderer 'vulkan'")
        );
        assert!(
            parsed(&["--wrkspace", "x"])
                .unwrap_err()
                .contains("no option '--wrkspace'")
        );
        assert!(parsed(&["--workspace"]).unwrap_err().contains("needs a value"));
    }
}
