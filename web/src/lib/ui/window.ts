const SPARE_ROWS = 3;

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

const clamp = (value: number, least: number, most: number): number =>
	Math.min(most, Math.max(least, value));
