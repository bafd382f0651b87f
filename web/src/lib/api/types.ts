/** The shapes of the contract. Fields may be added by the service, never renamed. */

export type ImageStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
export type Outcome = 'accepted' | 'duplicate' | 'rejected';
export type Sort = 'newest' | 'oldest' | 'confidence' | 'match';
export type ExportFormat = 'csv' | 'jsonl' | 'parquet' | 'xlsx';

export type Prediction = {
	rank: number;
	label: string;
	score: number;
	class_index: number;
	wnid: string;
};
export type Category = { label: string; score: number };
export type Trouble = { code: string; detail: string };
export type TagMatch = {
	rank: number | null;
	label: string;
	kind: 'class' | 'category';
	score: number;
};

export type Image = {
	id: string;
	name: string;
	status: ImageStatus;
	media_type: string;
	width: number;
	height: number;
	bytes: number;
	created_at: string;
	classified_at: string | null;
	deleted_at?: string | null;
	model: string | null;
	failure: Trouble | null;
	predictions: Prediction[];
	categories: Category[];
	matches?: TagMatch[];
};

export type Page<T> = { items: T[]; total: number; next: string | null };

export type JobItem = {
	position: number;
	name: string;
	outcome: Outcome;
	image_id: string | null;
	status: ImageStatus | null;
	problem: Trouble | null;
	predictions: Prediction[];
};

export type JobCounts = {
	total: number;
	queued: number;
	running: number;
	done: number;
	failed: number;
	duplicate: number;
	rejected: number;
	cancelled: number;
};

export type Job = {
	id: string;
	created_at: string;
	status: 'queued' | 'running' | 'done' | 'cancelled';
	counts: JobCounts;
	items?: JobItem[];
	cursor?: string;
};

export type Limits = {
	max_upload_bytes: number;
	max_files_per_request: number;
	max_request_bytes: number;
	max_pixels: number;
	media_types: string[];
	export_formats: ExportFormat[];
};

export type ServiceStatus = {
	queue: { interactive: number; bulk: number; oldest_waiting_seconds: number | null };
	images: Record<ImageStatus | 'total', number>;
	workers: { alive: number; state: 'ready' | 'no_worker' | 'no_weights'; detail: string | null };
	model: string | null;
};

export type Tag = { label: string; kind: 'class' | 'category'; count: number };
export type Similar = { image: Image; distance: number; near_duplicate: boolean };
