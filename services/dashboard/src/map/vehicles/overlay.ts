/**
 * Draws the vehicles with deck.gl, on a canvas of its own above the map's: while they glide, the
 * map below is not painted again. This file brings deck.gl with it and is loaded by itself.
 */

import type { LayersList } from "@deck.gl/core";
import { IconLayer } from "@deck.gl/layers";
import { MapLibreOverlay } from "@deck.gl/maplibre";
import type { Device } from "@luma.gl/core";
import type { Map as MapLibre } from "maplibre-gl";
import type { Palette } from "../palette";
import { Fleet, LABEL_NUMBERS } from "./fleet";
import type { Filling } from "./fleet";
import type { GlideUniforms } from "./glide";
import { GlideExtension } from "./glide";
import { LABEL_HEIGHT_PX, LABEL_WIDTH_PX, LabelAtlas } from "./labels";
import { TraceLayer } from "./lines";
import { LABELS_FROM_ZOOM, LABEL_GAP_RADII, radiusPx, rgb } from "./look";
import { FramePace, finished } from "./pace";
import { SymbolLayer } from "./symbols";
import { SEGMENT_NUMBERS } from "./traces";
import type { TracePart, Traces } from "./traces";

/** Traces are faint: they are the ground, not the figure. */
const TRACE_OPACITY = 0.6;
/** Symbols are smooth by themselves, and nothing is deep. */
const CONTEXT = { antialias: false, depth: false, stencil: false };
/** Nothing has a height: what is drawn later lies on top. */
const FLAT = { depthCompare: "always", depthWriteEnabled: false } as const;
const MS_PER_S = 1_000;

type Drawing = SymbolLayer | IconLayer | TraceLayer;
type Filled = Float64Array | Float32Array | Uint8Array;

/** Typed arrays of which deck.gl takes a stretch of objects as they are. */
interface Columns {
  length: number;
  attributes: Record<string, { value: Filled; size: number; normalized?: boolean }>;
}

/** What there is to draw, asked for when it is drawn. */
export interface VehicleScene extends Pick<Filling, "tracks" | "colour"> {
  readonly traces: Traces;
  readonly palette: Palette;
  readonly visible: boolean;
  readonly selected: string | undefined;
  nowMs(): number;
  serverNowMs(): number;
  moving(): boolean;
}

/** Overlays made so far, so that each canvas has an id of its own. */
let overlays = 0;

export class VehicleOverlay {
  private readonly pace: FramePace;
  private readonly glide: GlideExtension;
  private readonly fleet = new Fleet();
  private fleetColumns: Columns = { length: 0, attributes: {} };
  private readonly traceColumns = new WeakMap<TracePart, Columns>();
  private overlay!: MapLibreOverlay;
  private container!: HTMLElement;
  private device: Device | undefined;
  private atlas: LabelAtlas | undefined;
  private layers: Drawing[] = [];
  /** Whether the picture has changed since the arrays were filled; and how it is looked at. */
  private filled = false;
  private looked = false;
  private removed = false;

  constructor(
    private readonly map: MapLibre,
    private readonly scene: VehicleScene,
  ) {
    const browser = {
      nowMs: () => performance.now(),
      frame: (run: (ms: number) => void) => void requestAnimationFrame(run),
      later: (run: () => void, ms: number) => void setTimeout(run, ms),
    };
    const moving = (): boolean => scene.visible && scene.moving();
    this.pace = new FramePace(browser, moving, () => this.prepare());
    this.glide = new GlideExtension({ uniforms: () => this.uniforms() });
    this.open();
    map.on("zoom", this.look);
  }

  /** Paints at the next frame. */
  paint(): void {
    this.pace.want();
  }

  /** The picture has changed. */
  readonly changed = (): void => {
    this.filled = false;
    this.paint();
  };

  /** Other colours of everything. */
  restyled(): void {
    this.makeAtlas();
    this.changed();
  }

  remove(): void {
    this.removed = true;
    this.map.off("zoom", this.look);
    this.close();
  }

  private readonly look = (): void => {
    this.looked = false;
    this.paint();
  };

  private open(): void {
    overlays += 1;
    const properties = {
      id: `vehicles-${overlays}`,
      layers: [],
      // deck.gl hands this on to luma.gl's loop of frames.
      animationFrameProvider: this.pace,
      deviceProps: { webgl: CONTEXT },
      _pickable: false,
      onDeviceInitialized: (device: Device) => this.opened(device),
      // What nobody can hear of is no stop of the keyboard; deck.gl has made it one by now.
      onLoad: () => this.container.querySelector("canvas")?.removeAttribute("tabindex"),
      onAfterRender: ({ gl }: { gl: WebGL2RenderingContext }) => this.pace.painted(finished(gl)),
    };
    this.overlay = new MapLibreOverlay(properties);
    this.container = this.overlay.onAdd(this.map);
    // Under the names and rings of the map, not over its controls.
    this.map.getCanvas().after(this.container);
  }

  private opened(device: Device): void {
    this.device = device;
    this.makeAtlas();
    const canvas = this.container.querySelector("canvas");
    canvas?.setAttribute("aria-hidden", "true");
    // A wall display loses its graphics context now and then, and all that was on the card with it.
    canvas?.addEventListener("webglcontextlost", (event) => {
      // This canvas was closed before; another one may have taken its place.
      if (this.device !== device) return;
      // Else the browser does not give it back.
      event.preventDefault();
      this.close();
      const reopen = (): void => {
        if (!this.removed) this.open();
      };
      canvas.addEventListener("webglcontextrestored", reopen, { once: true });
    });
    this.changed();
  }

  private close(): void {
    this.atlas?.dispose();
    this.overlay.onRemove(this.map);
    // deck.gl leaves this to us: it listens to the browser's resolution, and keeps all the rest alive.
    this.device?.canvasContext?.destroy();
    this.container.remove();
    this.device = this.atlas = undefined;
    this.layers = [];
  }

  private makeAtlas(): void {
    this.atlas?.dispose();
    this.atlas = this.device && new LabelAtlas(this.device, this.scene.palette);
  }

  private get labelled(): boolean {
    return this.map.getZoom() >= LABELS_FROM_ZOOM;
  }

  private uniforms(): GlideUniforms {
    const { scene, fleet } = this;
    return {
      nowS: (scene.nowMs() - fleet.epochMs) / MS_PER_S,
      serverNowS: (scene.serverNowMs() - fleet.serverEpochMs) / MS_PER_S,
      stale: share(scene.palette.stale),
    };
  }

  /** Before each frame: what changed goes to the graphics card, and time passes. */
  private prepare(): void {
    if (this.device === undefined) return;
    const labelsMissing = this.labelled && !("instanceIconDefs" in this.fleetColumns.attributes);
    if (!this.filled || labelsMissing) this.fill();
    if (!this.looked) {
      this.layers = this.scene.visible ? this.makeLayers() : [];
      this.overlay.setProps({ layers: this.layers as LayersList });
      this.looked = true;
    }
    for (const layer of this.layers) layer.setNeedsRedraw();
  }

  private fill(): void {
    const { scene, fleet, atlas } = this;
    const label = this.labelled ? (line: string) => atlas?.cell(line) : undefined;
    fleet.fill({
      tracks: scene.tracks,
      nowMs: scene.nowMs(),
      serverNowMs: scene.serverNowMs(),
      selected: scene.selected,
      colour: scene.colour,
      label,
    });
    this.fleetColumns = this.vehicles(0, fleet.count);
    this.filled = true;
    this.looked = false;
  }

  private makeLayers(): Drawing[] {
    const { palette, traces } = this.scene;
    const zoom = this.map.getZoom();
    const symbols = {
      coordinateSystem: "cartesian" as const,
      parameters: FLAT,
      extensions: [this.glide],
      radiusScale: radiusPx(zoom),
      outlineColour: share(palette.outline),
      ringColour: share(palette.selection),
    };
    const layers: Drawing[] = traces.parts.map((part) => this.traceLayer(part));
    layers.push(new SymbolLayer({ ...symbols, id: "symbols", data: this.fleetColumns }));
    const { selectedAt } = this.fleet;
    if (selectedAt !== undefined) {
      const data = this.vehicles(selectedAt, 1);
      layers.push(new SymbolLayer({ ...symbols, id: "selected", data, ringed: true }));
    }
    if (this.labelled) layers.push(this.labelLayer(zoom));
    return layers;
  }

  private labelLayer(zoom: number): IconLayer {
    const gapPx = radiusPx(zoom) * LABEL_GAP_RADII;
    return new IconLayer({
      id: "labels",
      data: this.fleetColumns,
      coordinateSystem: "cartesian",
      parameters: FLAT,
      extensions: [this.glide],
      iconAtlas: this.atlas?.texture as unknown as string,
      iconMapping: {},
      getSize: LABEL_HEIGHT_PX,
      getColor: [0, 0, 0, 255],
      getPixelOffset: [gapPx + LABEL_WIDTH_PX / 2, 0],
    });
  }

  private traceLayer(part: TracePart): TraceLayer {
    const { number, ends, count } = part;
    let data = this.traceColumns.get(part);
    if (data?.length !== count * 2) {
      const value = ends.subarray(0, count * SEGMENT_NUMBERS);
      data = { length: count * 2, attributes: { getPosition: { value, size: 2 } } };
      this.traceColumns.set(part, data);
    }
    return new TraceLayer({
      id: `traces-${number}`,
      data,
      coordinateSystem: "cartesian",
      parameters: FLAT,
      colour: share(this.scene.palette.trace),
      opacity: TRACE_OPACITY,
    });
  }

  /** A stretch of the fleet's arrays. */
  private vehicles(from: number, length: number): Columns {
    const { places, glides, fixes, bearings, colours, labels } = this.fleet;
    const column = (value: Filled, size: number) => ({
      value: value.subarray(from * size, (from + length) * size),
      size,
    });
    const attributes: Columns["attributes"] = {
      getPosition: column(places, 2),
      getGlide: column(glides, 4),
      getFix: column(fixes, 1),
      getBearing: column(bearings, 1),
      getFillColor: { ...column(colours, 4), normalized: true },
    };
    // By the name of the attribute: deck.gl would look each of them up in a mapping of names.
    if (this.labelled) attributes["instanceIconDefs"] = column(labels, LABEL_NUMBERS);
    return { length, attributes };
  }
}

/** Red, green and blue from 0 to 1. */
function share(colour: string): [number, number, number] {
  const [red, green, blue] = rgb(colour);
  return [red / 255, green / 255, blue / 255];
}
