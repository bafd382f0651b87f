const WINDOW_MS = 15_000;

type Sample = { at: number; settled: number };

/** How fast files are finishing, over the last few seconds. */
export class Rate {
	#samples: Sample[] = [];

	note(settled: number, at: number): void {
		const last = this.#samples.at(-1);
		if (last && settled < last.settled) this.#samples = [];
		this.#samples.push({ at, settled });
		while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > WINDOW_MS) {
			this.#samples.shift();
		}
	}

	/** Files a second, or null while too little has been seen to say. */
	get perSecond(): number | null {
		const first = this.#samples[0];
		const last = this.#samples.at(-1);
		if (!first || !last || last.at - first.at < 1000 || last.settled === first.settled) return null;
		return ((last.settled - first.settled) * 1000) / (last.at - first.at);
	}
}
