// A workbook (XLSX) as small as one can be: text cells only, nothing compressed.

/** The bytes of a workbook with these sheets, each `[name, rows of texts]`. */
export function workbook(sheets) {
  const rel = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
  const links = (targets) =>
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' +
    targets.map(([id, kind, to]) => `<Relationship Id="${id}" Type="${rel}/${kind}" Target="${to}"/>`).join('') +
    '</Relationships>';
  const cell = (text) => `<c t="inlineStr"><is><t>${escaped(text)}</t></is></c>`;
  return zip([
    ['_rels/.rels', links([['r', 'officeDocument', 'xl/workbook.xml']])],
    [
      'xl/workbook.xml',
      `<workbook ${main} xmlns:r="${rel}"><sheets>` +
        sheets.map(([name], at) => `<sheet name="${escaped(name)}" sheetId="${at + 1}" r:id="r${at}"/>`).join('') +
        '</sheets></workbook>',
    ],
    ['xl/_rels/workbook.xml.rels', links(sheets.map((_, at) => [`r${at}`, 'worksheet', `worksheets/${at}.xml`]))],
    ...sheets.map(([, rows], at) => [
      `xl/worksheets/${at}.xml`,
      `<worksheet ${main}><sheetData>${rows.map((row) => `<row>${row.map(cell).join('')}</row>`).join('')}` +
        '</sheetData></worksheet>',
    ]),
  ]);
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** A ZIP file (APPNOTE 6.3) of parts that are stored as they are. */
function zip(parts) {
  const files = [];
  const directory = [];
  let offset = 0;
  for (const [name, text] of parts) {
    const content = Buffer.from(text);
    const entry = Buffer.alloc(26);
    entry.writeUInt16LE(20, 0);
    entry.writeUInt32LE(crc32(content), 10);
    entry.writeUInt32LE(content.length, 14);
    entry.writeUInt32LE(content.length, 18);
    entry.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const file = Buffer.concat([Buffer.from('PK\x03\x04'), entry, Buffer.from(name), content]);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), entry, place, Buffer.from(name));
    files.push(file);
    offset += file.length;
  }
  const size = Buffer.concat(directory).length;
  const end = Buffer.alloc(18);
  end.writeUInt16LE(parts.length, 4);
  end.writeUInt16LE(parts.length, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, ...directory, Buffer.from('PK\x05\x06'), end]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
