const SPARE_ROWS = 2;

/** What of a list is in the page, both ends included. */
export type Sight = {
	from: number;
	to: number;
	/** The first that is in the window. */
	top: number;
	/** Whether it passes by faster than anybody can look. */
	swift: boolean;
};

type View = {
	/** Pixels of the list that have been scrolled past; negative while it begins below. */
	above: number;
	/** Of the window. */
	height: number;
	/** From the top of one row to the top of the next. */
	pitch: number;
	rows: number;
};

/** The rows to keep in the page: those in sight and a few more on either side. */
export function visibleRows({ above, height, pitch, rows }: View): { first: number; last: number } {
	const first = Math.floor(above / pitch) - SPARE_ROWS;
	const last = Math.ceil((above + height) / pitch) + SPARE_ROWS;
	const most = Math.max(0, rows - 1);
	return { first: clamp(first, 0, most), last: clamp(last, 0, most) };
}

/** As many columns as fit, each at least `narrowest` wide. */
export const columnsIn = (width: number, narrowest: number, gap: number): number =>
	Math.max(1, Math.floor((width + gap) / (narrowest + gap)));

/** The indexes of what is in the page, those in the window and below before those above it. */
export function byUrgency({ from, to, top }: Sight): number[] {
	const indexes = Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
	return [...indexes.slice(top - from), ...indexes.slice(0, top - from).reverse()];
}

const clamp = (value: number, least: number, most: number): number =>
	Math.min(most, Math.max(least, value));
