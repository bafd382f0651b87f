const WINDOW_MS = 15_000;

type Sample = { at: number; finished: number };

/** Rate at which files finish, measured over the last 15 seconds. */
export class Throughput {
	#samples: Sample[] = [];

	/** Record that `finished` files were finished at the time `at`, in milliseconds. */
	record(finished: number, at: number): void {
		const last = this.#samples.at(-1);
		if (last && finished < last.finished) this.#samples = [];
		this.#samples.push({ at, finished });
		while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > WINDOW_MS) {
			this.#samples.shift();
		}
	}

	/** Files per second; null with less than one second of samples or no progress. */
	get perSecond(): number | null {
		const first = this.#samples[0];
		const last = this.#samples.at(-1);
		if (!first || !last || last.at - first.at < 1000 || last.finished === first.finished) {
			return null;
		}
		return ((last.finished - first.finished) * 1000) / (last.at - first.at);
	}
}
