//! Does the renderer cover, clip, blend and sample as egui's own painters do?

use super::*;
use egui::{ColorImage, Pos2, pos2};

fn white() -> Rasterizer {
    let mut rasterizer = Rasterizer::new();
    let image = ColorImage::filled([1, 1], Color32::WHITE);
    rasterizer.change(TextureId::default(), &ImageDelta::full(image, TextureOptions::LINEAR));
    rasterizer
}

fn everything() -> Rect {
    Rect::from_min_max(pos2(-1e4, -1e4), pos2(1e4, 1e4))
}

fn quad(rect: Rect, colour: Color32, clip_rect: Rect) -> ClippedPrimitive {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(rect, colour);
    ClippedPrimitive {
        clip_rect,
        primitive: Primitive::Mesh(mesh),
    }
}

#[test]
fn a_rectangle_of_two_triangles_covers_each_pixel_once() {
    // Half-transparent: a pixel drawn twice would be darker, a gap lighter.
    let half = Color32::from_black_alpha(128);
    let shape = quad(Rect::from_min_max(pos2(2.0, 1.0), pos2(9.0, 7.0)), half, everything());
    let image = white().draw(&[shape], [12, 8], 1.0, Color32::WHITE.to_array());
    for (x, y, pixel) in image.enumerate_pixels() {
        let inside = (2..9).contains(&x) && (1..7).contains(&y);
        let expected = if inside { 127 } else { 255 };
        assert_eq!(pixel.0, [expected, expected, expected, 255], "at {x}, {y}");
    }
}

#[test]
fn a_fan_around_an_odd_point_has_neither_gaps_nor_overlaps() {
    let half = Color32::from_black_alpha(128);
    let centre = pos2(17.3, 12.9);
    let rim: Vec<Pos2> = (0..11)
        .map(|step| {
            let angle = std::f32::consts::TAU * step as f32 / 11.0;
            centre + 11.0 * egui::Vec2::angled(angle)
        })
        .collect();
    let mut mesh = Mesh::default();
    mesh.colored_vertex(centre, half);
    for point in &rim {
        mesh.colored_vertex(*point, half);
    }
    for step in 0..11u32 {
        mesh.add_triangle(0, 1 + step, 1 + (step + 1) % 11);
    }
    let shape = ClippedPrimitive {
        clip_rect: everything(),
        primitive: Primitive::Mesh(mesh),
    };
    let image = white().draw(&[shape], [36, 28], 1.0, Color32::WHITE.to_array());
    let mut covered = 0;
    for pixel in image.pixels() {
        assert!(
            [127, 255].contains(&pixel.0[0]),
            "a pixel was drawn twice: {:?}",
            pixel.0
        );
        covered += u32::from(pixel.0[0] == 127);
    }
    // The area of the polygon: n/2 · r² · sin(2π/n).
    let area = 5.5 * 121.0 * (std::f32::consts::TAU / 11.0).sin();
    assert!(
        (covered as f32 - area).abs() < 6.0,
        "{covered} pixels for an area of {area}"
    );
    assert_eq!(image.get_pixel(17, 12).0[0], 127);
}

#[test]
fn nothing_is_drawn_outside_the_clip_rectangle() {
    let clip = Rect::from_min_max(pos2(3.0, 2.0), pos2(5.0, 6.0));
    let shape = quad(everything(), Color32::RED, clip);
    let image = white().draw(&[shape], [10, 10], 1.0, Color32::BLACK.to_array());
    for (x, y, pixel) in image.enumerate_pixels() {
        let inside = (3..5).contains(&x) && (2..6).contains(&y);
        assert_eq!(pixel.0[0], if inside { 255 } else { 0 }, "at {x}, {y}");
    }
}

#[test]
fn points_become_pixels_by_the_scale() {
    let shape = quad(
        Rect::from_min_max(pos2(1.0, 1.0), pos2(3.0, 2.0)),
        Color32::GREEN,
        everything(),
    );
    let image = white().draw(&[shape], [10, 10], 2.0, Color32::BLACK.to_array());
    let drawn: Vec<_> = image
        .enumerate_pixels()
        .filter(|(.., pixel)| pixel.0[1] > 0)
        .map(|(x, y, _)| (x, y))
        .collect();
    assert_eq!(drawn.len(), 8);
    assert!(drawn.iter().all(|(x, y)| (2..6).contains(x) && (2..4).contains(y)));
}

#[test]
fn blending_is_premultiplied_and_in_gamma_space() {
    let colour = Color32::from_rgba_premultiplied(40, 80, 20, 100);
    let shape = quad(everything(), colour, everything());
    let image = white().draw(&[shape], [2, 2], 1.0, [200, 100, 50, 255]);
    // 40 + 200 · 155/255 and so on, rounded.
    assert_eq!(image.get_pixel(1, 1).0, [162, 141, 50, 255]);
}

#[test]
fn colours_and_textures_are_interpolated() {
    let mut rasterizer = white();
    let image = ColorImage::new([2, 1], vec![Color32::BLACK, Color32::WHITE]);
    let id = TextureId::Managed(7);
    rasterizer.change(id, &ImageDelta::full(image, TextureOptions::LINEAR));
    let mut mesh = Mesh::with_texture(id);
    let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    mesh.add_rect_with_uv(Rect::from_min_max(pos2(0.0, 0.0), pos2(8.0, 2.0)), uv, Color32::WHITE);
    let shape = ClippedPrimitive {
        clip_rect: everything(),
        primitive: Primitive::Mesh(mesh),
    };
    let image = rasterizer.draw(&[shape], [8, 2], 1.0, Color32::RED.to_array());
    let row: Vec<u8> = (0..8).map(|x| image.get_pixel(x, 1).0[0]).collect();
    // Texel centres are at 2 and 6; the pixel centres between them lie at 1/8, 3/8, 5/8, 7/8.
    assert_eq!(row, [0, 0, 32, 96, 159, 223, 255, 255]);

    let nearest = ColorImage::new([2, 1], vec![Color32::BLACK, Color32::WHITE]);
    rasterizer.change(id, &ImageDelta::full(nearest, TextureOptions::NEAREST));
    let mut mesh = Mesh::with_texture(id);
    mesh.add_rect_with_uv(Rect::from_min_max(pos2(0.0, 0.0), pos2(8.0, 2.0)), uv, Color32::WHITE);
    let shape = ClippedPrimitive {
        clip_rect: everything(),
        primitive: Primitive::Mesh(mesh),
    };
    let image = rasterizer.draw(&[shape], [8, 2], 1.0, Color32::RED.to_array());
    let row: Vec<u8> = (0..8).map(|x| image.get_pixel(x, 0).0[0]).collect();
    assert_eq!(row, [0, 0, 0, 0, 255, 255, 255, 255]);
}

#[test]
fn egui_text_is_drawn_from_its_own_atlas() {
    let context = egui::Context::default();
    crate::gallery::set_fonts(&context);
    let mut rasterizer = Rasterizer::new();
    let input = || egui::RawInput {
        screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), egui::vec2(200.0, 40.0))),
        ..Default::default()
    };
    let mut output = context.run_ui(input(), |ui| {
        ui.painter().text(
            pos2(100.0, 20.0),
            egui::Align2::CENTER_CENTER,
            "HHHH",
            egui::FontId::proportional(20.0),
            Color32::WHITE,
        );
    });
    rasterizer.apply(&mut output.textures_delta);
    let shapes = context.tessellate(output.shapes, output.pixels_per_point);
    let image = rasterizer.draw(&shapes, [200, 40], 1.0, Color32::BLACK.to_array());
    let ink: u64 = image.pixels().map(|pixel| u64::from(pixel.0[0])).sum();
    let at_edge: u64 = (0..40).map(|y| u64::from(image.get_pixel(2, y).0[0])).sum();
    // Four letters of about 14 × 12 pixels, a third of each inked; nothing at the left edge.
    assert!((40_000..200_000).contains(&ink), "{ink}");
    assert_eq!(at_edge, 0);
    assert_eq!(image.get_pixel(0, 0).0, [0, 0, 0, 255]);
}
