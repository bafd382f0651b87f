type Grid = { columns: number; total: number };

const STEPS: Record<string, (at: number, grid: Grid) => number> = {
	ArrowRight: (at) => at + 1,
	ArrowLeft: (at) => at - 1,
	ArrowDown: (at, { columns }) => at + columns,
	ArrowUp: (at, { columns }) => at - columns,
	Home: () => 0,
	End: (_, { total }) => total - 1,
};

/** Return the index that a key moves to from index `at`, or null for other keys. */
export function indexAfterKey(key: string, at: number, grid: Grid): number | null {
	const to = STEPS[key]?.(at, grid);
	return to === undefined ? null : Math.max(0, Math.min(to, grid.total - 1));
}
