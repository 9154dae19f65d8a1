//! How are egui's triangles turned into pixels without a GPU?
//!
//! A small software renderer with the arithmetic of egui's own painters: colours and textures are
//! multiplied in gamma space, alpha is premultiplied, and the blend is `source + target · (1 − source alpha)`
//! on eight bits. Triangles are filled by the top-left rule on a grid of 1/256 pixel, so that two
//! triangles that share an edge cover each pixel once. The same input gives the same bytes on any machine.

use std::collections::BTreeMap;

use egui::epaint::{ClippedPrimitive, ImageDelta, Mesh, Primitive, Vertex};
use egui::{Color32, ImageData, Rect, TextureFilter, TextureId, TextureOptions, TextureWrapMode, TexturesDelta};
use image::RgbaImage;

/// Steps of the grid on which corners of triangles lie, in a pixel.
const GRID: f32 = 256.0;
const HALF: i64 = 128;

/// Draws egui's output. Holds the textures that egui has sent so far.
#[derive(Default)]
pub struct Rasterizer {
    textures: BTreeMap<TextureId, Texture>,
    freed: Vec<TextureId>,
}

struct Texture {
    width: usize,
    height: usize,
    texels: Vec<Color32>,
    options: TextureOptions,
}

impl Rasterizer {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over new and changed textures. Call it for the output of each frame, also of those not drawn.
    pub fn apply(&mut self, delta: &mut TexturesDelta) {
        let mut set: Vec<_> = delta.set.drain().collect();
        set.sort_by_key(|(id, _)| *id);
        for (id, changes) in set {
            for change in changes {
                self.change(id, &change);
            }
        }
        // The frame that frees a texture may still draw with it, so it goes with the next one.
        let freed = std::mem::replace(&mut self.freed, delta.free.drain().collect());
        for id in freed {
            self.textures.remove(&id);
        }
    }

    fn change(&mut self, id: TextureId, change: &ImageDelta) {
        let ImageData::Color(image) = &change.image;
        let [width, height] = image.size;
        match change.pos {
            None => {
                let texture = Texture {
                    width,
                    height,
                    texels: image.pixels.clone(),
                    options: change.options,
                };
                self.textures.insert(id, texture);
            }
            Some([left, top]) => {
                let Some(texture) = self.textures.get_mut(&id) else {
                    return;
                };
                for row in 0..height {
                    let from = &image.pixels[row * width..(row + 1) * width];
                    let start = (top + row) * texture.width + left;
                    texture.texels[start..start + width].copy_from_slice(from);
                }
            }
        }
    }

    /// Draws tessellated shapes on an image of `size` pixels that is filled with `background`.
    /// Paint callbacks (native GPU code) are left out: the window has none.
    pub fn draw(
        &self,
        primitives: &[ClippedPrimitive],
        size: [u32; 2],
        pixels_per_point: f32,
        background: [u8; 4],
    ) -> RgbaImage {
        let mut target = Target::new(size, background);
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            if let Primitive::Mesh(mesh) = primitive
                && let Some(texture) = self.textures.get(&mesh.texture_id)
            {
                let clip = Clip::new(*clip_rect, pixels_per_point, size);
                target.mesh(mesh, texture, pixels_per_point, clip);
            }
        }
        target.into_image()
    }
}

/// The pixels that may be drawn on: `left ≤ x < right`, `top ≤ y < bottom`.
#[derive(Clone, Copy)]
struct Clip {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

impl Clip {
    fn new(rect: Rect, pixels_per_point: f32, [width, height]: [u32; 2]) -> Self {
        let pixel = |points: f32, most: u32| {
            // The same rounding as egui's own painters.
            ((points * pixels_per_point).round().clamp(0.0, most as f32)) as i64
        };
        Self {
            left: pixel(rect.min.x, width),
            top: pixel(rect.min.y, height),
            right: pixel(rect.max.x, width),
            bottom: pixel(rect.max.y, height),
        }
    }
}

struct Target {
    width: usize,
    pixels: Vec<[u8; 4]>,
    height: usize,
}

/// A corner on the grid.
#[derive(Clone, Copy)]
struct Corner {
    x: i64,
    y: i64,
}

impl Target {
    fn new([width, height]: [u32; 2], background: [u8; 4]) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self {
            width,
            height,
            pixels: vec![background; width * height],
        }
    }

    fn into_image(self) -> RgbaImage {
        let mut image = RgbaImage::new(self.width as u32, self.height as u32);
        for (to, from) in image.pixels_mut().zip(self.pixels) {
            to.0 = from;
        }
        image
    }

    fn mesh(&mut self, mesh: &Mesh, texture: &Texture, pixels_per_point: f32, clip: Clip) {
        if clip.left >= clip.right || clip.top >= clip.bottom {
            return;
        }
        for [a, b, c] in mesh.triangles() {
            let corners = [a, b, c].map(|index| mesh.vertices[index as usize]);
            self.triangle(corners, texture, pixels_per_point, clip);
        }
    }

    fn triangle(&mut self, mut vertices: [Vertex; 3], texture: &Texture, pixels_per_point: f32, clip: Clip) {
        let snap = |vertex: &Vertex| Corner {
            x: (vertex.pos.x * pixels_per_point * GRID).round() as i64,
            y: (vertex.pos.y * pixels_per_point * GRID).round() as i64,
        };
        let mut corners = [snap(&vertices[0]), snap(&vertices[1]), snap(&vertices[2])];
        let mut area = cross(corners[0], corners[1], corners[2]);
        if area == 0 || vertices.iter().all(|vertex| vertex.color == Color32::TRANSPARENT) {
            return;
        }
        if area < 0 {
            corners.swap(1, 2);
            vertices.swap(1, 2);
            area = -area;
        }
        let [a, b, c] = corners;
        let low = |x: i64, y: i64, z: i64| (x.min(y).min(z) - HALF).div_euclid(2 * HALF);
        let high = |x: i64, y: i64, z: i64| (x.max(y).max(z) + HALF).div_euclid(2 * HALF) + 1;
        let (left, right) = (low(a.x, b.x, c.x).max(clip.left), high(a.x, b.x, c.x).min(clip.right));
        let (top, bottom) = (low(a.y, b.y, c.y).max(clip.top), high(a.y, b.y, c.y).min(clip.bottom));
        if left >= right || top >= bottom {
            return;
        }

        let shader = Shader::new(&vertices, texture);
        let start = Corner {
            x: left * 2 * HALF + HALF,
            y: top * 2 * HALF + HALF,
        };
        // Twice the areas opposite to a, b and c, and how they change over one pixel.
        let edges = [Edge::new(b, c, start), Edge::new(c, a, start), Edge::new(a, b, start)];
        let over_area = 1.0 / area as f32;
        let mut row_weights = edges.map(|edge| edge.value);
        for y in top..bottom {
            let mut weights = row_weights;
            let line = y as usize * self.width;
            for x in left..right {
                if (0..3).all(|edge| weights[edge] + edges[edge].bias >= 0) {
                    let source = shader.colour(weights.map(|weight| weight as f32 * over_area));
                    blend(&mut self.pixels[line + x as usize], source);
                }
                for edge in 0..3 {
                    weights[edge] += edges[edge].over_x;
                }
            }
            for edge in 0..3 {
                row_weights[edge] += edges[edge].over_y;
            }
        }
    }
}

fn cross(a: Corner, b: Corner, c: Corner) -> i64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// One side of a triangle as a linear function that is positive inside.
#[derive(Clone, Copy)]
struct Edge {
    value: i64,
    over_x: i64,
    over_y: i64,
    /// Zero on top and left sides, which own the pixels they pass through; −1 on the others.
    bias: i64,
}

impl Edge {
    fn new(from: Corner, to: Corner, start: Corner) -> Self {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        // Corners run clockwise on a screen whose y grows downwards.
        let is_top = dy == 0 && dx > 0;
        let is_left = dy < 0;
        Self {
            value: cross(from, to, start),
            over_x: -dy * 2 * HALF,
            over_y: dx * 2 * HALF,
            bias: if is_top || is_left { 0 } else { -1 },
        }
    }
}

/// Computes the colour inside a triangle, with the short cuts that most triangles of a window allow.
struct Shader<'t> {
    texture: &'t Texture,
    colours: [[f32; 4]; 3],
    same_colour: bool,
    uv: [[f32; 2]; 3],
    /// The texel, when all three corners name the same one, as untextured shapes do.
    texel: Option<[f32; 4]>,
}

impl<'t> Shader<'t> {
    fn new(vertices: &[Vertex; 3], texture: &'t Texture) -> Self {
        let [a, b, c] = vertices;
        let uv = vertices.each_ref().map(|vertex| [vertex.uv.x, vertex.uv.y]);
        let texel = (a.uv == b.uv && b.uv == c.uv).then(|| texture.sample(uv[0]));
        Self {
            texture,
            colours: vertices.each_ref().map(|vertex| vertex.color.to_array().map(f32::from)),
            same_colour: a.color == b.color && b.color == c.color,
            uv,
            texel,
        }
    }

    /// Premultiplied, 0…255 a channel. `weights` are barycentric and sum to one.
    fn colour(&self, [a, b, c]: [f32; 3]) -> [f32; 4] {
        let mix = |values: [f32; 3]| values[0] * a + values[1] * b + values[2] * c;
        let tint = if self.same_colour {
            self.colours[0]
        } else {
            std::array::from_fn(|channel| mix(self.colours.map(|colour| colour[channel])))
        };
        let texel = self.texel.unwrap_or_else(|| {
            self.texture
                .sample([mix(self.uv.map(|uv| uv[0])), mix(self.uv.map(|uv| uv[1]))])
        });
        std::array::from_fn(|channel| tint[channel] * texel[channel] * (1.0 / 255.0))
    }
}

impl Texture {
    /// The texel at a place (0…1), 0…255 a channel.
    fn sample(&self, [u, v]: [f32; 2]) -> [f32; 4] {
        let (x, y) = (u * self.width as f32, v * self.height as f32);
        // Whether the texture is shrunk or grown is not computed: the window draws images near their size.
        match self.options.magnification {
            TextureFilter::Nearest => self.texel(x.floor() as i64, y.floor() as i64),
            TextureFilter::Linear => {
                let (x, y) = (x - 0.5, y - 0.5);
                let (left, top) = (x.floor(), y.floor());
                let (over_x, over_y) = (x - left, y - top);
                let (left, top) = (left as i64, top as i64);
                if over_x == 0.0 && over_y == 0.0 {
                    return self.texel(left, top);
                }
                let upper = mix(self.texel(left, top), self.texel(left + 1, top), over_x);
                let lower = mix(self.texel(left, top + 1), self.texel(left + 1, top + 1), over_x);
                mix(upper, lower, over_y)
            }
        }
    }

    fn texel(&self, x: i64, y: i64) -> [f32; 4] {
        let wrap = |at: i64, size: usize| -> usize {
            let size = size as i64;
            let inside = match self.options.wrap_mode {
                TextureWrapMode::ClampToEdge => at.clamp(0, size - 1),
                TextureWrapMode::Repeat => at.rem_euclid(size),
                TextureWrapMode::MirroredRepeat => {
                    let twice = at.rem_euclid(2 * size);
                    twice.min(2 * size - 1 - twice)
                }
            };
            inside as usize
        };
        self.texels[wrap(y, self.height) * self.width + wrap(x, self.width)]
            .to_array()
            .map(f32::from)
    }
}

fn mix(from: [f32; 4], to: [f32; 4], share: f32) -> [f32; 4] {
    std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * share)
}

/// `source + target · (1 − source alpha)`; `source` is premultiplied.
fn blend(target: &mut [u8; 4], source: [f32; 4]) {
    let keep = 1.0 - source[3] * (1.0 / 255.0);
    for (channel, below) in target.iter_mut().enumerate() {
        *below = (source[channel] + f32::from(*below) * keep + 0.5).clamp(0.0, 255.0) as u8;
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "these colours are numbers to compute with, not the window's"
)]
mod tests {
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
}
