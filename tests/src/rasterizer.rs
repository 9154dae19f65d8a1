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
mod tests;
