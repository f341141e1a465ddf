import java.io.File;
import java.io.FileInputStream;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import javax.xml.crypto.AlgorithmMethod;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.KeySelectorResult;
import javax.xml.crypto.XMLCryptoContext;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.X509Data;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The JDK's own opinion on every signature of the files that are named: «file Id true». */
public class XadesCheck {
    private static final String[][] WITH_IDS = {
        {"urn:khue:record:1", "Content"},
        {"urn:khue:record:1", "Section"},
        {XMLSignature.XMLNS, "SignatureValue"},
        {"http://uri.etsi.org/01903/v1.3.2#", "SignedProperties"},
    };

    public static void main(String[] files) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        for (String file : files) {
            Document document;
            try (FileInputStream stream = new FileInputStream(file)) {
                document = factory.newDocumentBuilder().parse(stream);
            }
            NodeList signatures = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
            for (int i = 0; i < signatures.getLength(); i++) {
                Element signature = (Element) signatures.item(i);
                System.out.println(new File(file).getName() + " " + signature.getAttribute("Id") + " "
                    + isGood(document, signature));
            }
        }
    }

    private static boolean isGood(Document document, Element signature) throws Exception {
        DOMValidateContext context = new DOMValidateContext(new Leaf(), signature);
        context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.TRUE);
        for (String[] name : WITH_IDS) {
            NodeList found = document.getElementsByTagNameNS(name[0], name[1]);
            for (int i = 0; i < found.getLength(); i++) {
                context.setIdAttributeNS((Element) found.item(i), null, "Id");
            }
        }
        return XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context).validate(context);
    }

    /** The key of the first certificate in KeyInfo. */
    private static class Leaf extends KeySelector {
        @Override
        public KeySelectorResult select(KeyInfo info, Purpose purpose, AlgorithmMethod method,
                XMLCryptoContext context) {
            X509Data data = (X509Data) info.getContent().get(0);
            PublicKey key = ((X509Certificate) data.getContent().get(0)).getPublicKey();
            return () -> key;
        }
    }
}
