const OVERSCAN_ROWS = 2;

/** Rendered part of a list: indexes of the first and last item, both included. */
export type ListRange = {
	from: number;
	to: number;
	/** Index of the first item inside the viewport. */
	top: number;
	/** Whether the list scrolls too fast to read. */
	fast: boolean;
};

type Viewport = {
	/** Pixels of the list above the viewport, unscaled; negative while the list starts inside it. */
	above: number;
	/** Height of the viewport in pixels. */
	height: number;
	/** Distance between the tops of two rows in pixels. */
	pitch: number;
	rows: number;
};

/** Return the rows to render: those in the viewport and OVERSCAN_ROWS on either side. */
export function rowsToRender({ above, height, pitch, rows }: Viewport): {
	first: number;
	last: number;
} {
	const first = Math.floor(above / pitch) - OVERSCAN_ROWS;
	const last = Math.ceil((above + height) / pitch) + OVERSCAN_ROWS;
	const lastRow = Math.max(0, rows - 1);
	return { first: clamp(first, 0, lastRow), last: clamp(last, 0, lastRow) };
}

/** Height limit of the track in pixels. Browsers clip elements at 17.9 to 33.5 million pixels. */
const MAX_TRACK_PX = 8_000_000;
/** At both ends of a scaled track, one pixel of the track is one pixel of the list. */
const UNSCALED_PX = 1_000_000;

/** Positions in the track that the page scrolls, and in the list that it stands for. */
export type Scale = {
	/** Height of the track in pixels. */
	track: number;
	toList: (above: number) => number;
	toTrack: (position: number) => number;
};

/** Return the scale of a list of `full` pixels: 1 for lists that fit into the track. */
export function scaleOf(full: number): Scale {
	const track = Math.min(full, MAX_TRACK_PX);
	const cut = full - track;
	if (cut === 0) return { track, toList: (above) => above, toTrack: (position) => position };
	const factor = (full - 2 * UNSCALED_PX) / (track - 2 * UNSCALED_PX);
	return {
		track,
		toList(above) {
			if (above <= UNSCALED_PX) return above;
			if (above >= track - UNSCALED_PX) return above + cut;
			return UNSCALED_PX + (above - UNSCALED_PX) * factor;
		},
		toTrack(position) {
			if (position <= UNSCALED_PX) return position;
			if (position >= full - UNSCALED_PX) return position - cut;
			return UNSCALED_PX + (position - UNSCALED_PX) / factor;
		},
	};
}

/** A position in the track, and the position in the list that was shown there. */
export type Anchor = { above: number; position: number };

/**
 * Return the position in the list after the track was scrolled to `above`. Steps of up to one
 * viewport, as those of a wheel, move the list by as many pixels; longer ones, as those of the
 * scrollbar, by the scale.
 */
export function positionAfter(
	anchor: Anchor,
	above: number,
	height: number,
	{ track, toList }: Scale,
): number {
	const step = above - anchor.above;
	const isScaled = track === MAX_TRACK_PX && above > 0 && above < track;
	return isScaled && Math.abs(step) <= height ? anchor.position + step : toList(above);
}

/** Return how many columns of at least `minWidth` pixels fit; at least one. */
export const columnCount = (width: number, minWidth: number, gap: number): number =>
	Math.max(1, Math.floor((width + gap) / (minWidth + gap)));

/** Return the rendered indexes: from the top of the viewport downwards, then those above it. */
export function byPriority({ from, to, top }: ListRange): number[] {
	const indexes = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
	return [...indexes.slice(top - from), ...indexes.slice(0, top - from).reverse()];
}

const clamp = (value: number, min: number, max: number): number =>
	Math.min(max, Math.max(min, value));
