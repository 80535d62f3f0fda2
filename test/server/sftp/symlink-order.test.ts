import { expect } from 'chai';
import { PACKET } from '../../../server/sftp/protocol.ts';
import { decoderOf } from '../../../server/sftp/requests.ts';
import { symlinkOrderOf, type SymlinkOrder } from '../../../server/sftp/symlink-order.ts';
import { WireReader } from '../../../server/sftp/wire-reader.ts';

/** As the clients say it of themselves. */
const CLIENTS: Readonly<Record<string, SymlinkOrder>> = {
  'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3': 'target first',
  'SSH-2.0-paramiko_2.12.0': 'target first',
  'SSH-2.0-Go': 'target first',
  'SSH-2.0-PuTTY_Release_0.78': 'target first',
  'SSH-2.0-libssh2_1.10.0': 'target first',
  'SSH-2.0-JSCH_0.2.16': 'target first',
  'SSH-2.0-rclone/v1.60.1': 'target first',
  'SSH-2.0-libssh_0.10.6': 'link first',
  'SSH-2.0-libssh-0.5.2': 'link first',
  'SSH-2.0-ssh2js1.17.0': 'link first',
  'SSH-2.0-AsyncSSH_2.10.1': 'link first',
  'SSH-2.0-WinSCP_release_6.3.5': 'link first',
};

describe('the order of the paths of SYMLINK', () => {
  for (const [software, order] of Object.entries(CLIENTS)) {
    it(`is ${order} from ${software}`, () => {
      expect(symlinkOrderOf(software)).to.equal(order);
    });
  }

  it("is OpenSSH's where nothing is known of the client", () => {
    expect(symlinkOrderOf(undefined)).to.equal('target first');
  });

  it('decides which of the two becomes the link', () => {
    const decode = (order?: SymlinkOrder) => {
      const reader = new WireReader();
      reader.begin(Buffer.from('\0\0\0\x01a\0\0\0\x01b', 'latin1'), undefined);
      return decoderOf(PACKET.SYMLINK, order)?.(reader);
    };
    expect(decode()).to.deep.equal({ name: 'symlink', target: 'a', path: 'b' });
    expect(decode('target first')).to.deep.equal(decode());
    expect(decode('link first')).to.deep.equal({ name: 'symlink', target: 'b', path: 'a' });
  });
});
