//! The gallery: every page in every state, in both themes and two sizes, drawn into `target/gallery`
//! with a contact sheet for each theme. The pages are the real ones, on real workspaces.

mod moved;
mod previewed;
mod scenes;
mod seeds;
mod served;
mod stored;
mod ugly;

use std::time::Duration;

use aloft_tests::gallery::{Picture, contact_sheet};
use aloft_tests::program::output_folder;
use aloft_tests::stage::{Stage, settings};
use aloft_workbench::Options;
use aloft_workbench::settings::ThemeChoice;
use image::RgbaImage;

const SIZES: [[f32; 2]; 2] = [[1280.0, 800.0], [1920.0, 1080.0]];
const THEMES: [(ThemeChoice, &str); 2] = [(ThemeChoice::Dark, "dark"), (ThemeChoice::Light, "light")];

/// What share of the picture's pixels are lighter than the middle.
fn light_share(image: &RgbaImage) -> f64 {
    let light = image
        .pixels()
        .filter(|pixel| pixel.0[..3].iter().map(|part| u32::from(*part)).sum::<u32>() > 384);
    light.count() as f64 / f64::from(image.width() * image.height())
}

#[test]
fn every_page_is_drawn_in_every_state_in_both_themes_and_two_sizes() {
    let folder = output_folder("gallery").unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let only = std::env::var("ALOFT_SCENE").unwrap_or_default();
    let seeds = seeds::Seeds::plant().unwrap();
    let mut sheets: [Vec<Picture>; 2] = [Vec::new(), Vec::new()];
    for scene in scenes::all(&seeds) {
        if !scene.name.contains(&only) {
            continue;
        }
        let mut settings = settings(ThemeChoice::Dark);
        settings.route = scene.route.clone();
        let options = Options {
            workspace: scene.workspace.clone(),
            settings,
            program: Some(seeds.live.program.clone()).filter(|_| scene.workspace == seeds.live.folder),
            ..Options::default()
        };
        let mut stage = Stage::open(options, SIZES[0]).unwrap();
        stage.rest(Duration::from_secs(2));
        (scene.arrange)(&mut stage).unwrap_or_else(|error| panic!("{}: {error:#}", scene.name));
        for words in scene.shows {
            stage
                .wait_for(words, Duration::from_secs(10))
                .unwrap_or_else(|error| panic!("{}: {error:#}", scene.name));
        }
        for size in SIZES {
            stage.resize(size, 1.0);
            for (nth, (theme, theme_name)) in THEMES.into_iter().enumerate() {
                stage.show_theme(theme).unwrap();
                stage.rest(Duration::from_millis(300));
                let image = stage.image();
                assert_eq!([image.width() as f32, image.height() as f32], size);
                let light = light_share(&image);
                assert!(
                    if nth == 0 { light < 0.4 } else { light > 0.6 },
                    "{} in {theme_name}: {light}",
                    scene.name
                );
                let path = folder.join(format!("{}-{theme_name}-{}.png", scene.name, size[0] as u32));
                image.save(&path).unwrap();
                if size == SIZES[0] {
                    sheets[nth].push(Picture {
                        caption: scene.name.replace('-', " · "),
                        image,
                    });
                }
            }
        }
    }
    for (pictures, (_, theme_name)) in sheets.iter().zip(THEMES) {
        assert!(!pictures.is_empty());
        contact_sheet(pictures, 5, 480)
            .save(folder.join(format!("sheet-{theme_name}.png")))
            .unwrap();
    }
}
