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
	/** Pixels of the list above the viewport; negative while the list starts inside it. */
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
