import { fireEvent, render } from '@testing-library/svelte';
import { expect, it, vi } from 'vitest';
import { makeFile } from '../testing/factories';
import DropTarget from './DropTarget.svelte';
import { uploads } from './uploads.svelte';

it('uploads files pasted into the page, not into a field', async () => {
	const take = vi.spyOn(uploads, 'add').mockResolvedValue();
	render(DropTarget);
	const clipboardData = { files: [makeFile()] };
	const field = document.body.appendChild(document.createElement('input'));
	await fireEvent.paste(field, { clipboardData });
	expect(take).not.toHaveBeenCalled();
	await fireEvent.paste(document.body, { clipboardData });
	expect(take).toHaveBeenCalledOnce();
	field.remove();
});
